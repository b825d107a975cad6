import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeVm, encodeVm, type Vm } from '../../src/mmu/index.js';
import type { CommandInput } from '../../src/mmu/schema/index.js';
import { type Run, run } from './random-commands.js';
import { apply, begin } from './random-guest.js';
import { changeAt, placesOf, sampleOf, valueAt } from './state-places.js';

/** Parts of a state that its bytes do not hold, and why; what lies below them is left out as well. */
const NOT_ENCODED: Readonly<Record<string, string>> = {
  '.initial': 'a state belongs to the configuration that it arose from',
  '.config': 'what of it may change has a test of its own',
  '.rules': 'of the configured kernel',
  '.policy': 'of the configuration',
  '.defects': 'of the configuration',
  '.ear': 'who listens is no state',
  '.ledger': 'it begins anew with a state that is taken up',
  '.tlbTotal': 'a sum of what is encoded',
  '.memory.isPlain': 'it follows from the memslots',
  '.memory.pages.size': 'a count of what is encoded',
  '.memory.pages.owner': 'who may write a page that states share',
  '.memory.pages.blocks[].owner': 'who may write a page that states share',
  '.memory.pages.blocks[].pages[].owner': 'who may write a page that states share',
  '.memory.pages.blocks[].pages[].nth': 'how a page is found again',
  '.shadow.rmaps': 'it follows from the entries',
  '.shadow.writeTracked': 'it follows from the pages',
  '.shadow.table[].id': 'the place in the table',
  '.shadow.table[].parents': 'they follow from the entries',
  '.shadow.table[].sibling': 'it is told with the frames',
  '.shadow.table[].unsyncChildren': 'a count of bits that are encoded',
  '.shadow.table[].isSptShared': 'who may write entries that states share',
  '.vcpus[].index': 'the place in the list',
  '.vcpus[].rootMmu.name': 'which of the two it is',
  '.vcpus[].guestMmu.name': 'which of the two it is',
  '.vcpus[].tlb.size': 'a count of what is encoded',
  '.vcpus[].tlb.total': 'a sum of what is encoded',
  '.vcpus[].tlb.capacity': 'of the configuration',
  '.vcpus[].tlb.contexts[].orderMax': 'the greatest of the orders that are encoded',
  '.vmcs12s[].gpa': 'the key of the region',
  '.vmcs12s[].foundGoodBy': 'the checks would say it again',
  '.oracle.command.kind': 'null between two commands',
  '.oracle.past[].areDistinct': 'it only spares comparisons',
  '.oracle.pastCount': 'a count of what is encoded',
  '.oracle.memories': 'a count of what is encoded',
  '.oracle.tableWrites': 'it only tells what was worked out before',
  '.oracle.vcpus[].vpids[].contexts[].vpid': 'the key of its tag',
  '.oracle.vcpus[].context': 'the one of the contexts that goes on',
  '.oracle.vcpus[].before': 'of the command that is being carried out',
  '.oracle.vcpus[].fresh': 'worked out from memory',
  '.oracle.vcpus[].freshCount': 'worked out from memory',
  '.oracle.vcpus[].memories': 'a count of what is encoded',
  '.oracle.vcpus[].countedAt': 'a count of what is encoded',
  '.oracle.vcpus[].trail': 'numbers that a history alone can read',
};

const isExcluded = (shape: string) => shape in NOT_ENCODED;

type Machine = Pick<Run, 'config' | 'mode'>;

/** A guest to which much has happened on its second vCPU, while the first runs L2. */
function eventful({ config, mode }: Machine): Vm {
  const { vm } = begin({ config: { ...config, vcpus: 2 }, mode, commands: [] });
  const onFirst = (command: Record<string, unknown>) =>
    apply(vm, { ...command, vcpu: 0 } as CommandInput);
  const read = () => {
    for (const gva of ['0x400000', '0x401000', '0x900000']) onFirst({ kind: 'read', gva });
  };
  onFirst({ kind: 'vmlaunch' });
  read();
  onFirst({ kind: 'vmexit' });
  for (const type of [0, 1, 3]) onFirst({ kind: 'invvpid', type, vpid: 1, gva: '0x400000' });
  onFirst({ kind: 'invept', type: 1, eptp: '0x12001e' });
  onFirst({ kind: 'vmresume' });
  if (config.vendor === 'svm') {
    const range = { address: '0x0', gpa: '0x0', pages: 512, tables: '0x1f1000' };
    onFirst({ kind: 'map', root: '0x1f0000', ...range });
    onFirst({ kind: 'vmrun', nestedCr3: '0x1f0000' });
  }
  read();
  const runs = fc.sample(run, { seed: 20261130, numRuns: 8 });
  for (const command of runs.flatMap(({ commands }) => commands))
    apply(vm, { ...command, vcpu: 1 });
  apply(vm, {
    kind: 'hv-flush',
    vcpu: 1,
    call: 'HvCallFlushVirtualAddressList',
    gvas: ['0x401003'],
  });
  if (config.paging === 'ept') apply(vm, { kind: 'smi', vcpu: 1 });
  return vm;
}

const POLICY = 'unsync-roots-posted';
const MACHINES: readonly Machine[] = [
  { mode: '4-level', config: { paging: 'shadow', policy: POLICY } },
  {
    mode: '4-level',
    config: { paging: 'ept', policy: POLICY, kernel: '6.12', cpuid: { hyperv: true } },
  },
  { mode: 'PAE', config: { paging: 'shadow', policy: 'need-sync' } },
  {
    mode: '4-level',
    config: { paging: 'ept', vendor: 'svm', registers: { efer: '0x1d00' } },
  },
];

/** An EPT of L1 is never shadowed in four parts. */
const EMPTY: readonly string[] = ['.vcpus[].guestMmu.paeRoots'];

test('every list, Map and Set of a state holds something in one of the machines', () => {
  const empty = MACHINES.map((machine) => placesOf(eventful(machine), isExcluded).empty);
  const inAll = [...(empty[0] ?? [])].filter((shape) => empty.every((one) => one.has(shape)));
  expect(inAll.sort()).toEqual(EMPTY);
});

describe.each(MACHINES)('the state of %o', (machine) => {
  const vm = eventful(machine);
  const { bytes } = encodeVm(vm);
  const decoded = () => decodeVm(vm.config, bytes);
  const places = sampleOf(placesOf(decoded(), isExcluded).places);

  test('is that of a VM in L2', () => {
    expect(vm.vcpus[0]?.nested.guestMode).toBe(true);
  });

  test('has other bytes for every change in it, and the change comes back from them', () => {
    const lost = places.filter((place) => {
      const changed = decoded();
      const change = changeAt(changed, place);
      const other = encodeVm(changed).bytes;
      const again = decodeVm(vm.config, other);
      const isBack = change === 'removed' || isDeepStrictEqual(valueAt(again, place), change.to);
      return isSame(other, bytes) || !isBack || !isSame(encodeVm(again).bytes, other);
    });
    expect(lost.map(({ steps }) => steps.join('.'))).toEqual([]);
  });
});

const isSame = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
