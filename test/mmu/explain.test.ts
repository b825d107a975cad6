import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CommandRefused,
  decodeVm,
  encodeVm,
  explainLookup,
  step,
  type Vcpu,
  type Vm,
} from '../../src/mmu/index.js';
import { requestNamesOf } from '../../src/mmu/requests/index.js';
import { Command, type CommandInput, Hex64, type MmuEvent } from '../../src/mmu/schema/index.js';
import { beginVmx, createLab, type Lab } from './lab.js';
import { createGuest } from './paged-guest.js';
import { type Run, run } from './random-commands.js';

const lookupOf = ({ vm, vcpu }: Lab, pgd: string, mmu: 'root' | 'guest' = 'root') =>
  explainLookup(vm, vcpu, { pgd: Hex64.parse(pgd), mmu });

test('a lookup that hits says where, and what the hit requests', () => {
  const lab = createLab({ policy: 'need-sync' });
  for (const pgd of ['0x1000', '0x2000', '0x3000']) {
    lab.run({ kind: 'load-root', pgd });
    lab.run({ kind: 'enter' });
  }
  const { found, requests, evicted, slots, summary } = lookupOf(lab, '0x1000');
  expect([found, requests, evicted, summary]).toEqual([1, ['LOAD_MMU_PGD'], null, 'Hit in prev1']);
  expect(slots.map(({ usable, mismatches }) => [usable, mismatches])).toEqual([
    [false, ['frame']],
    [false, ['frame']],
    [true, []],
    [false, ['no-root']],
  ]);
});

test('a lookup that misses says what differs, and whom it would push out', () => {
  const lab = createLab({ registers: { cr4: '0x200a0', cr3: '0x0' }, prevRoots: 1 });
  for (const pgd of ['0x1001', '0x2001']) {
    lab.run({ kind: 'load-root', pgd });
    lab.run({ kind: 'enter' });
  }
  const other = lookupOf(lab, '0x1002');
  expect([other.found, other.requests, other.summary]).toEqual([
    null,
    [],
    'Miss: the nearest is in prev0, and differs in low-bits',
  ]);
  expect(other.evicted?.slot).toBe(0);

  lab.run({ kind: 'zap-all' });
  const zapped = lookupOf(lab, '0x2001');
  expect(zapped.slots.map(({ obsolete }) => obsolete)).toEqual([true, true]);

  const empty = createLab();
  expect(lookupOf(empty, '0x1000').summary).toBe('Miss: the cache is empty');
});

test('a role that changed is told field by field', () => {
  const lab = createLab();
  lab.run({ kind: 'load-root', pgd: '0x1000' });
  lab.run({ kind: 'enter' });
  lab.vcpu.rootMmu.role ^= lab.vcpu.rootMmu.role & 0xf;
  expect(lookupOf(lab, '0x1000').slots[0]?.mismatches).toEqual(['level']);
});

test('an EPT that is not in use is looked for with the role that the switch would configure', () => {
  const lab = beginVmx({}, '0x2');
  const plain = lookupOf(lab, '0x10101e', 'guest');
  const dirty = lookupOf(lab, '0x10105e', 'guest');
  expect([plain.roleFields.adDisabled, dirty.roleFields.adDisabled]).toEqual([true, false]);
  expect(plain.roleFields.guestMode).toBe(true);
});

const PGDS = ['0x100000', '0x100001', '0x110000', '0x11001e', '0x12001e', '0x0'];

/** VMX operation with an EPT for L2 that maps nothing. */
function begin({ config, mode }: Run): Lab {
  const lab = createGuest(config, mode);
  for (const { index: vcpu } of lab.vm.vcpus) {
    apply(lab.vm, { kind: 'mov-cr4', vcpu, value: mode === '4-level' ? '0x220a0' : '0x2020' });
    apply(lab.vm, { kind: 'vmxon', vcpu, address: '0x1000' });
    apply(lab.vm, { kind: 'vmptrld', vcpu, address: `0x${2 + vcpu}000` });
    apply(lab.vm, { kind: 'vmwrite', vcpu, field: 'EPT_POINTER', value: '0x12001e' });
  }
  return lab;
}

function apply(vm: Vm, input: CommandInput): MmuEvent[] {
  const events: MmuEvent[] = [];
  try {
    step(vm, Command.parse(input), (_vcpu, event) => events.push(event));
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error;
  }
  return events;
}

/** What `load-root` of a pgd does to a copy of the VM. */
function tried({ config }: Vm, bytes: Uint8Array, vcpu: number, pgd: string) {
  const copy = decodeVm(config, bytes);
  const events = apply(copy, { kind: 'load-root', vcpu, pgd });
  const reused = events.find((event) => event.kind === 'root-reused');
  const evicted = events.find((event) => event.kind === 'root-evicted');
  const requests = requestNamesOf((copy.vcpus[vcpu] as Vcpu).requests);
  return { found: reused?.slot ?? null, evicted: evicted?.hpa ?? null, requests };
}

test('what is explained is what load-root then does, whatever policy, kernel and mode', () => {
  let hits = 0;
  const agrees = fc.property(run, (one) => {
    const { vm } = begin(one);
    for (const command of one.commands) {
      apply(vm, command);
      const vcpu = vm.vcpus[command.vcpu] as Vcpu;
      const { bytes } = encodeVm(vm);
      for (const pgd of PGDS) {
        const said = explainLookup(vm, vcpu, { pgd: Hex64.parse(pgd), mmu: vcpu.mmu.name });
        const did = tried(vm, bytes, vcpu.index, pgd);
        expect([said.found, said.evicted?.hpa ?? null]).toEqual([did.found, did.evicted]);
        if (said.found === null) continue;
        hits += 1;
        const pending = new Set([...requestNamesOf(vcpu.requests), ...said.requests]);
        expect(new Set(did.requests)).toEqual(pending);
      }
      expect(Buffer.compare(encodeVm(vm).bytes, bytes)).toBe(0);
    }
  });
  fc.assert(agrees, { numRuns: 12, seed: 20260801 });
  expect(hits).toBeGreaterThan(100);
});
