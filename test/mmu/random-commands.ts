import fc from 'fast-check';
import { KERNEL_VERSIONS, POLICY_NAMES } from '../../src/mmu/index.js';
import { MEMSLOTS, SECOND_MEMSLOT } from '../../src/mmu/scenes/index.js';
import type { CommandInput, CommandKind, VmConfigInput } from '../../src/mmu/schema/index.js';
import { DATA, DATA_GPA, hex, type Mode, PTE, ROOTS, seen } from './paged-guest.js';

/** A run: a machine, and what befalls it. */
export interface Run {
  readonly config: VmConfigInput;
  readonly mode: Mode;
  readonly commands: readonly CommandInput[];
}

const VCPUS = 2;

/** Commands of one kind. Whether the fields are the kind's own shows when they are parsed. */
function commandOf(kind: CommandKind, fields: Record<string, fc.Arbitrary<unknown>> = {}) {
  const vcpu = fc.nat(VCPUS - 1);
  return fc.record({ kind: fc.constant(kind), vcpu, ...fields }) as fc.Arbitrary<CommandInput>;
}

/** A word in the tables of both address spaces. */
const tableWord = fc
  .tuple(fc.constantFrom(...ROOTS), fc.nat(9), fc.constantFrom(0, 1, 2, 3, 4, 8, 16, 20, 511))
  .map(([root, frame, index]) => root + frame * 4096 + index * 8);

/** An entry's protection key. */
const KEY_1 = 1n << 59n;

/** Entries: present or not, read-only, large, not accessed, without memory, of a table itself. */
const entry = fc
  .tuple(
    fc.constantFrom(0, DATA_GPA, 0x11000, 0x14000, 0x200000, 0x101000, 0x103000, 0x112000, 2 ** 33),
    fc.constantFrom(PTE, 0x65, 0x63, 0x7, 0xe7, 0x1e7, 0x467, 0),
    fc.constantFrom(0n, 0n, 0n, KEY_1),
  )
  .map(([gpa, flags, key]) => `0x${(BigInt(gpa + flags) + key).toString(16)}`);

const data = fc.nat(5).map((page) => hex(DATA + page * 4096));

/** Data, tables, places that cross a page, and some that are mapped nowhere. */
const address = fc.oneof(
  data,
  tableWord.map(seen),
  fc.constantFrom('0x400ffc', '0x401ffd', '0x100000000000000', '0x0', seen(ROOTS[0])),
);

const user = fc.boolean();
const ac = fc.boolean();
const root = fc
  .tuple(fc.constantFrom(...ROOTS, 0x101000), fc.constantFrom(0, 0, 1, 2))
  .map(([gpa, pcid]) => gpa + pcid);
const noFlushCr3 = root.map((cr3) => `0x8000000000${cr3.toString(16)}`);
const eptp = fc.constantFrom('0x11001e', '0x11005e', '0x12001e', '0x12005e');

/** The guest lets both address spaces share a table of level 1, or parts them again. */
const sharing = commandOf('write', {
  gva: fc.constantFrom(...ROOTS).map((at) => seen(at + 0x2010)),
  value: fc.constantFrom(...ROOTS).map((at) => hex(at + 0x3000 + PTE)),
});

const accesses = fc.oneof(
  sharing,
  commandOf('read', { gva: address, bytes: fc.constantFrom(1, 4, 8), user, ac }),
  commandOf('write', { gva: address, value: entry, bytes: fc.constantFrom(2, 8), user, ac }),
  commandOf('write', { gva: tableWord.map(seen), value: entry }),
  commandOf('execute', { gva: address, user }),
);

const invalidations = fc.oneof(
  commandOf('invlpg', { gva: address }),
  commandOf('invpcid', { type: fc.nat(3), pcid: fc.nat(2), gva: address }),
  commandOf('invept', { type: fc.constantFrom(1, 2), eptp }),
  commandOf('invvpid', { type: fc.nat(3), vpid: fc.constant(1), gva: address }),
);

const registers = fc.oneof(
  commandOf('mov-cr3', { value: root.map(hex) }),
  commandOf('mov-cr3', { value: noFlushCr3 }),
  commandOf('mov-cr3', { value: noFlushCr3 }),
  commandOf('mov-cr4', {
    value: fc.constantFrom(
      '0x20a0',
      '0x2020',
      '0x220a0',
      '0x22020',
      '0x1020a0',
      '0x2020a0',
      '0x4220a0',
      '0x30a0',
      '0x2010',
    ),
  }),
  commandOf('wrpkru', { value: fc.constantFrom('0x0', '0x4', '0x8', '0x55555550') }),
  commandOf('mov-cr0', { value: fc.constantFrom('0x80010033', '0x80000033', '0x10033') }),
);

const nested = fc.oneof(
  commandOf('vmlaunch'),
  commandOf('vmresume'),
  commandOf('vmresume'),
  commandOf('vmexit'),
  commandOf('vmclear', { address: fc.constantFrom('0x2000', '0x3000') }),
  commandOf('vmwrite', { field: fc.constant('EPT_POINTER'), value: eptp }),
  commandOf('vmwrite', {
    field: fc.constant('SECONDARY_VM_EXEC_CONTROL'),
    value: fc.constantFrom('0x0', '0x2', '0x20', '0x22', '0x400022'),
  }),
);

const paravirtual = fc.oneof(
  commandOf('preempt'),
  commandOf('pv-flush', { vcpus: fc.constantFrom([0], [1], [0, 1]) }),
  commandOf('hv-flush', {
    call: fc.constantFrom('HvCallFlushVirtualAddressSpace', 'HvCallFlushVirtualAddressSpaceEx'),
    flags: fc.nat(7),
  }),
  commandOf('hv-flush', {
    call: fc.constant('HvCallFlushVirtualAddressList'),
    gvas: fc.array(fc.constantFrom('0x400003', '0x401000', '0xaaaaaaaaaaaaa000'), {
      minLength: 1,
      maxLength: 20,
    }),
  }),
);

const host = fc.oneof(
  commandOf('set-cpuid', { maxphyaddr: fc.constantFrom(46, 46, 48) }),
  commandOf('enter'),
  commandOf('load-root', { pgd: root.map(hex) }),
  commandOf('set-sregs', { cr3: root.map(hex) }),
  commandOf('zap-all'),
  commandOf('reset-context'),
  commandOf('free-roots', {
    mmu: fc.constantFrom('root', 'guest'),
    roots: fc.subarray(['current', 'prev0', 'prev1']),
  }),
  commandOf('make-request', {
    request: fc.constantFrom('MMU_SYNC', 'TLB_FLUSH_CURRENT', 'TLB_FLUSH_GUEST'),
  }),
  commandOf('dirty-log', { slot: fc.constant(0), enabled: fc.boolean() }),
  commandOf('get-dirty-log', { slot: fc.constantFrom(0, 1) }),
  commandOf('clear-dirty-log', { slot: fc.constant(0), pages: fc.constantFrom(64, 2 ** 20) }),
  commandOf('unmap', {
    gpa: fc.constantFrom('0x10000', '0x100000', '0x103000'),
    bytes: fc.constantFrom(4096, 16384),
  }),
  // Tables and roots of the second address space go, and come back.
  commandOf('set-memslot', {
    slot: fc.constant(1),
    memslot: fc.constantFrom(null, SECOND_MEMSLOT, SECOND_MEMSLOT),
  }),
  commandOf('set-memslot', {
    slot: fc.constant(3),
    memslot: fc.constantFrom(
      null,
      { gpa: '0x200000000', bytes: 4096 },
      { gpa: '0x300000000', bytes: 4096 },
      { gpa: '0x200000000', bytes: 4096, readonly: true },
      { gpa: '0x300000000', bytes: 4096, userspaceAddr: '0x10000' },
    ),
  }),
  commandOf('map', {
    root: root.map(hex),
    address: fc.constantFrom('0x400000', '0x600000', '0xc00000'),
    gpa: fc.constantFrom('0x10000', '0x200000', '0x400000'),
    pageSize: fc.constantFrom('4k', '2m'),
    accessedDirty: fc.boolean(),
    tables: fc.constantFrom('0x10a000', '0x11a000'),
  }),
);

const command = fc.oneof(
  { weight: 12, arbitrary: accesses },
  { weight: 3, arbitrary: invalidations },
  { weight: 4, arbitrary: registers },
  { weight: 3, arbitrary: nested },
  { weight: 2, arbitrary: host },
  { weight: 1, arbitrary: paravirtual },
);

const config: fc.Arbitrary<VmConfigInput> = fc.record({
  memory: fc.constant({ memslots: MEMSLOTS }),
  vcpus: fc.constant(VCPUS),
  policy: fc.constantFrom(...POLICY_NAMES),
  kernel: fc.constantFrom(...KERNEL_VERSIONS),
  paging: fc.constantFrom('shadow' as const, 'ept' as const),
  mmuPages: fc.constantFrom(64, 1024),
  cpuid: fc.record({ hyperv: fc.boolean() }),
  tlb: fc.constantFrom('ideal' as const, 'off' as const, { entries: 5 }),
});

/** Runs of some sixty commands. */
export const run: fc.Arbitrary<Run> = fc.record({
  config,
  mode: fc.constantFrom('4-level' as const, '5-level' as const, 'PAE' as const, '32-bit' as const),
  commands: fc.array(command, { maxLength: 120, size: 'max' }),
});
