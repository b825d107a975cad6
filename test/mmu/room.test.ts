import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createVm, decodeVm, encodeVm, pagesHeldBy, step, type Vm } from '../../src/mmu/index.js';
import { Command, type CommandInput, VmConfig } from '../../src/mmu/schema/index.js';
import type { Oracle } from '../../src/mmu/state/index.js';

const SEED = 2026;

const vcpu = fc.nat({ max: 2 });
const gva = fc.nat({ max: 99 }).map((i) => `0x${(i * 4096).toString(16)}`);
const command: fc.Arbitrary<CommandInput> = fc.oneof(
  { weight: 60, arbitrary: fc.record({ kind: fc.constant('read' as const), vcpu, gva }) },
  fc.record({ kind: fc.constant('invlpg' as const), vcpu, gva }),
  fc.record({
    kind: fc.constant('mov-cr3' as const),
    vcpu,
    value: fc.constantFrom('0x100000', '0x101000'),
  }),
  fc.record({ kind: fc.constant('unmap' as const), vcpu, gpa: gva }),
  fc.record({ kind: fc.constant('zap-all' as const), vcpu }),
  fc.record({ kind: fc.constant('enter' as const), vcpu }),
);

const PREPARE: CommandInput[] = ['0x100000', '0x101000'].map((root, i) => ({
  kind: 'map',
  vcpu: 0,
  root,
  address: '0x0',
  gpa: '0x200000',
  pages: 100,
  tables: `0x${(0x300000 + i * 0x10000).toString(16)}`,
}));

/** What is held, counted anew. */
function counted({ memory, shadow, vcpus, oracle }: Vm): { entries: number; pages: number } {
  const entries = vcpus
    .flatMap(({ tlb }) => tlb?.contexts ?? [])
    .reduce((sum, context) => sum + context.entries.size, 0);
  const shadowPages = shadow.table.filter((page) => page !== null).length;
  const memories = Math.floor(memoriesOf(oracle as Oracle) / 32);
  return { entries, pages: memory.pages.size + shadowPages + Math.ceil(entries / 64) + memories };
}

/** What the oracle remembers. */
function memoriesOf({ past, tables, vcpus }: Oracle): number {
  const sizes = [tables.size, ...[...past.values()].map(({ values }) => values.length)];
  for (const { vpids, epts, fresh } of vcpus.filter((vtlb) => vtlb !== null)) {
    sizes.push(...[...fresh.values(), ...[...epts.values()].flatMap(mapsIn)].map(sizeOf));
    for (const tag of vpids.values()) sizes.push(tag.contexts.length, ...mapsIn(tag).map(sizeOf));
  }
  return sizes.reduce((sum, size) => sum + size, 0);
}

function mapsIn(tag: object): Map<unknown, unknown>[] {
  return Object.values(tag).filter((part) => part instanceof Map);
}

function sizeOf({ size }: Map<unknown, unknown>): number {
  return size;
}

test('what a VM holds is known without a look at each vCPU', () => {
  const tlb = fc.constantFrom<'ideal' | { entries: number }>('ideal', { entries: 7 });
  let most = 0;
  fc.assert(
    fc.property(tlb, fc.array(command, { minLength: 200, maxLength: 300 }), (tlb, commands) => {
      const config = VmConfig.parse({
        vcpus: 3,
        tlb,
        registers: { cr3: '0x100000' },
      });
      const vm = createVm(config);
      for (const input of [...PREPARE, ...commands]) {
        step(vm, Command.parse(input), null);
        const { entries, pages } = counted(vm);
        expect([vm.tlbTotal.entries, pagesHeldBy(vm)]).toEqual([entries, pages]);
        most = Math.max(most, entries);
      }
      const again = decodeVm(config, encodeVm(vm).bytes);
      expect(again.tlbTotal.entries).toBe(vm.tlbTotal.entries);
      // What memory says of pages is not encoded: it can be read again.
      expect(pagesHeldBy(again)).toBe(counted(again).pages);
    }),
    { seed: SEED, numRuns: 20 },
  );
  expect(most).toBeGreaterThan(64);
});
