import { describe, expect, test } from 'vitest';
import { encodeVm, explainLookup, flawsOf, guestWalkOf } from '../../src/mmu/index.js';
import { readWord } from '../../src/mmu/machine/index.js';
import { CURRENT, type VmConfigInput } from '../../src/mmu/schema/index.js';
import { kindsOf, type Lab } from './lab.js';
import {
  createGuest,
  DATA,
  DATA_GPA,
  eventsOf,
  frameAt,
  hex,
  PT,
  ROOTS,
  writeEntry,
} from './paged-guest.js';

/** L1's nested page tables: they map what lies below 288 pages to itself. */
const NPT = 0x11a000;
const NPT_PT = 0x11d000;
const RUN = { kind: 'vmrun', nestedCr3: hex(NPT) } as const;
const WRITE = { kind: 'write', gva: hex(DATA + 8), value: '0x77' } as const;

/** An SVM hypervisor, whose L2 runs on the first address space of L1 if it is told no other. */
function hypervisor(config: VmConfigInput = {}): Lab {
  const registers = { efer: '0x1d00', ...config.registers };
  const lab = createGuest({ vendor: 'svm', paging: 'ept', ...config, registers });
  const range = { address: '0x0', gpa: '0x0', pages: 288, tables: hex(NPT + 0x1000) };
  lab.run({ kind: 'map', root: hex(NPT), ...range });
  return lab;
}

/** Changes the entry of the nested page tables that maps a page of L2. */
function setEntry(lab: Lab, gpa: number, entry: string | number): void {
  const value = typeof entry === 'string' ? entry : hex(entry);
  lab.run({ kind: 'host-write', gpa: hex(NPT_PT + (gpa / 4096) * 8), value });
  lab.run({ kind: 'zap-all' });
}

const fault = (info1: number, gpa = DATA_GPA) => ({
  ...{ kind: 'vm-exit', reason: 0x400, gpa },
  qualification: { page: Math.floor(info1 / 4096), low: info1 % 4096 },
});
const FINAL = 2 ** 32;
const TABLE = 2 ** 33;

describe('L2 on nested page tables', () => {
  test('reads and writes through both tables, and leaves to L1, whose registers come back', () => {
    const lab = hypervisor();
    expect(lab.run({ ...RUN, cr3: hex(ROOTS[1]) })).toEqual({ kind: 'ok' });
    expect(kindsOf(lab.events)).toEqual([
      'root-allocated',
      'request-made MMU_SYNC',
      'request-made TLB_FLUSH_CURRENT',
      'root-missed',
    ]);
    expect(frameAt(lab, DATA)).toBe(0x14);
    expect(lab.run(WRITE)).toEqual({ kind: 'ok' });
    expect(readWord(lab.vm.memory, DATA_GPA + 0x4008)).toEqual({ page: 0, low: 0x77 });
    expect(lab.run({ kind: 'vmexit', reason: 0x81 })).toMatchObject({ reason: 0x81 });
    expect(lab.vcpu.regs.cr3.page).toBe(ROOTS[0] / 4096);
    expect(lab.vcpu.nested).toMatchObject({ guestMode: false, svm: null });
    expect(frameAt(lab, DATA)).toBe(0x10);
  });

  test('finds the root of its tables again when it is run again', () => {
    const lab = hypervisor();
    for (const reused of [[], [{ mmu: 'guest', slot: CURRENT }]]) {
      lab.run(RUN);
      expect(eventsOf(lab, 'root-reused')).toMatchObject(reused);
      frameAt(lab, DATA);
      lab.run({ kind: 'vmexit' });
    }
  });

  test.each<[string, string | number, 'read' | 'write' | 'execute', object | 'ok']>([
    ['not present', 0, 'read', fault(FINAL + 4)],
    ['read-only', DATA_GPA + 0x65, 'write', fault(FINAL + 7)],
    ['of the supervisor', DATA_GPA + 0x63, 'read', fault(FINAL + 5)],
    ['not to be executed', '0x8000000000010067', 'execute', fault(FINAL + 0x15)],
    ['with a reserved bit', '0x4000000010067', 'read', fault(FINAL + 0xd)],
    ['clean and read', DATA_GPA + 0x27, 'read', 'ok'],
  ])('has an entry that is %s', (_what, entry, kind, outcome) => {
    const lab = hypervisor();
    setEntry(lab, DATA_GPA, entry);
    lab.run(RUN);
    const command = kind === 'write' ? { kind, value: '0x1' } : { kind };
    const ended = lab.run({ ...command, gva: hex(DATA) } as typeof WRITE);
    expect(ended).toMatchObject(outcome === 'ok' ? { kind: 'ok' } : outcome);
    expect(lab.vcpu.nested.guestMode).toBe(outcome === 'ok');
  });

  test('walks its own tables as a user who writes', () => {
    const lab = hypervisor();
    setEntry(lab, PT, PT + 0x65);
    lab.run(RUN);
    expect(lab.run({ kind: 'read', gva: hex(DATA) })).toMatchObject(fault(TABLE + 7, PT));
  });

  test('can be looked at without being touched', () => {
    const lab = hypervisor();
    lab.run(RUN);
    const before = encodeVm(lab.vm).bytes;
    const walk = () => guestWalkOf(lab.vm, lab.vcpu, { page: DATA / 4096, low: 0 }).result;
    expect(walk()).toMatchObject({ kind: 'mapped', gpa: DATA_GPA });
    expect(encodeVm(lab.vm).bytes).toEqual(before);
    setEntry(lab, PT, PT + 0x65);
    const info1 = { page: (TABLE + 7 - 7) / 4096, low: 7 };
    expect(walk()).toEqual({ kind: 'ept-violation', gpa: PT, qualification: info1 });
    lab.run({ kind: 'vmexit' });
    const pgd = { page: NPT / 4096, low: 0 };
    expect(explainLookup(lab.vm, lab.vcpu, { pgd, mmu: 'guest' })).toMatchObject({
      found: CURRENT,
    });
  });

  test('sets A and D in them, and so the first write to a clean page is seen', () => {
    const lab = hypervisor();
    setEntry(lab, DATA_GPA, DATA_GPA + 7);
    lab.run(RUN);
    frameAt(lab, DATA);
    const entry = () => readWord(lab.vm.memory, NPT_PT + (DATA_GPA / 4096) * 8).low;
    expect(entry()).toBe(0x27);
    lab.run(WRITE);
    expect(entry()).toBe(0x67);
  });

  test('sees a change of its tables after it left: KVM syncs on every transition', () => {
    const lab = hypervisor();
    lab.run(RUN);
    expect(frameAt(lab, DATA)).toBe(0x10);
    lab.run({ kind: 'vmexit' });
    const window = 0x800000 - ROOTS[0];
    const gva = hex(window + NPT_PT + (DATA_GPA / 4096) * 8);
    lab.run({ kind: 'write', gva, value: hex(0x12067) });
    lab.run(RUN);
    expect(frameAt(lab, DATA)).toBe(0x12);
    expect(eventsOf(lab, 'violation')).toEqual([]);
  });
});

describe('the registers of L1 decide how entries are read', () => {
  const NX = '0x8000000000010067';

  test.each([
    ['NX set', '0x1d00', 'read', { kind: 'ok' }],
    ['NX clear', '0x1500', 'read', fault(FINAL + 0xd)],
  ] as const)('EFER.%s', (_what, efer, kind, outcome) => {
    const lab = hypervisor({ registers: { efer } });
    setEntry(lab, DATA_GPA, NX);
    lab.run({ ...RUN, efer: '0x1d00' });
    expect(lab.run({ kind, gva: hex(DATA) })).toMatchObject(outcome);
  });

  test('five levels, where the host has them', () => {
    const registers = { efer: '0x1d00', cr4: '0x10a0' };
    const lab = createGuest({ vendor: 'svm', paging: 'ept', maxphyaddr: 52, registers }, '5-level');
    const range = { address: '0x0', gpa: '0x0', pages: 288, tables: hex(NPT + 0x1000) };
    lab.run({ kind: 'map', root: hex(NPT), ...range });
    expect(lab.run(RUN)).toEqual({ kind: 'ok' });
    expect(frameAt(lab, DATA)).toBe(0x10);
    lab.run({ kind: 'vmexit' });
    const narrow = createGuest({ vendor: 'svm', paging: 'ept', registers }, '5-level');
    expect(() => narrow.run(RUN)).toThrow('L1 pages with 5 levels, and the host with 4');
    expect(narrow.run({ kind: 'vmrun' })).toEqual({ kind: 'ok' });
  });

  test.each(['5.14', '6.1', '7.3'] as const)('four levels on a host with five, %s', (kernel) => {
    const lab = hypervisor({ maxphyaddr: 52, kernel });
    lab.run(RUN);
    expect(frameAt(lab, DATA)).toBe(0x10);
    const pages = lab.vm.shadow.table.flatMap((page) => (page?.gfn === NPT / 4096 ? [page] : []));
    expect(pages.map(({ role }) => role & 0xf)).toEqual([5, 4]);
    expect(flawsOf(lab.vm)).toEqual([]);
    lab.run({ kind: 'vmexit' });
    writeEntry(lab, NPT_PT + (DATA_GPA / 4096) * 8, 0x12067);
    lab.run(RUN);
    expect(frameAt(lab, DATA)).toBe(0x12);
    expect(flawsOf(lab.vm)).toEqual([]);
  });
});

describe('VMRUN', () => {
  const INVALID = { kind: 'vm-exit', reason: 2 ** 32 - 1, qualification: { page: 0, low: 0 } };

  test.each<[string, object]>([
    ['ASID 0', { asid: 0 }],
    ['an nCR3 that is no page', { nestedCr3: '0x11a010' }],
    ['an nCR3 beyond MAXPHYADDR', { nestedCr3: '0x1000000000000' }],
    ['EFER without SVME', { efer: '0xd00' }],
    ['CR0 with NW and without CD', { cr0: '0xa0010033' }],
    ['long mode without PAE', { cr4: '0x80' }],
  ])('is an exit at once with %s', (_what, part) => {
    const lab = hypervisor();
    expect(lab.run({ ...RUN, ...part })).toEqual(INVALID);
    expect(lab.vcpu.nested.guestMode).toBe(false);
  });

  test('is #UD without EFER.SVME and on Intel, #GP above CPL 0, invalid where KVM shadows', () => {
    const off = hypervisor();
    off.run({ kind: 'wrmsr-efer', value: '0xd00' });
    expect(off.run(RUN)).toMatchObject({ kind: 'fault', vector: '#UD' });
    const intel = createGuest({ paging: 'ept' });
    expect(intel.run(RUN)).toMatchObject({ kind: 'fault', vector: '#UD' });
    const user = hypervisor();
    user.run({ kind: 'set-sregs', cpl: 3 });
    expect(user.run(RUN)).toMatchObject({ kind: 'fault', vector: '#GP' });
    expect(hypervisor({ paging: 'shadow' }).run(RUN)).toEqual(INVALID);
  });

  test('gives L2 accesses and exits alone', () => {
    const lab = hypervisor();
    lab.run(RUN);
    expect(() => lab.run({ kind: 'mov-cr3', value: '0x110000' })).toThrow('accesses and exits');
  });
});

test('a log of dirty pages has those of L1 that L2 writes, which are write-protected', () => {
  const lab = hypervisor();
  lab.run({ kind: 'dirty-log', slot: 0, enabled: true });
  lab.run(RUN);
  lab.run(WRITE);
  const asked = () => JSON.stringify(lab.run({ kind: 'get-dirty-log', slot: 0 }));
  expect(asked()).toContain('{"first":16,"count":1}');
  lab.run({ ...WRITE, gva: hex(DATA + 4096) });
  expect(eventsOf(lab, 'page-fault').length).toBeGreaterThan(0);
  expect(asked()).toContain('{"first":17,"count":1}');
});
