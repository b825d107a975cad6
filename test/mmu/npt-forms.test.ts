import { describe, expect, test } from 'vitest';
import { encodeVm, flawsOf, guestWalkOf, vcpuStateOf } from '../../src/mmu/index.js';
import { pdptesAt } from '../../src/mmu/machine/index.js';
import type { KernelName, VmConfigInput } from '../../src/mmu/schema/index.js';
import { kindsOf, type Lab } from './lab.js';
import {
  createGuest,
  DATA,
  DATA_GPA,
  eventsOf,
  frameAt,
  hex,
  type Mode,
  ROOTS,
} from './paged-guest.js';

/** L1's nested page tables, of the format of L1's own paging. */
const NPT = 0x11a000;
const TABLES = 0x11b000;
const RUN = { kind: 'vmrun', nestedCr3: hex(NPT) } as const;

/** An SVM hypervisor that pages in a mode; its L2 is in the same mode if it is told nothing else. */
function hypervisor(mode: Mode, config: VmConfigInput = {}): Lab {
  const efer = mode === '4-level' ? '0x1d00' : '0x1800';
  const registers = { efer, ...config.registers };
  const lab = createGuest({ vendor: 'svm', paging: 'ept', ...config, registers }, mode);
  const range = { address: '0x0', gpa: '0x0', pages: 288, tables: hex(TABLES) };
  lab.run({ kind: 'map', root: hex(NPT), ...range });
  return lab;
}

const fault = (info1: number) => ({
  ...{ kind: 'vm-exit', reason: 0x400, gpa: DATA_GPA },
  qualification: { page: 2 ** 20, low: info1 },
});
const OK = { kind: 'ok' };

/** Changes the entry of 4-level tables for L2's page of data. */
function setLeaf(lab: Lab, value: string): void {
  const gpa = hex(0x11d000 + (DATA_GPA / 4096) * 8);
  lab.run({ kind: 'host-write', gpa, value });
  lab.run({ kind: 'zap-all' });
}

const OF_USER = '0x10067';
const OF_SUPERVISOR = '0x10063';
const NX = '0x8000000000010063';

describe('guest mode execute trap: U of nested page tables says who may fetch', () => {
  test.each<[string, string, 'read' | 'write' | 'execute', boolean, object]>([
    ['U, the supervisor fetches', OF_USER, 'execute', false, fault(0x11)],
    ['U, the user fetches', OF_USER, 'execute', true, OK],
    ['no U, the supervisor fetches', OF_SUPERVISOR, 'execute', false, OK],
    ['no U, the user fetches', OF_SUPERVISOR, 'execute', true, fault(0x15)],
    ['no U, with NX', NX, 'execute', false, fault(0x11)],
    ['no U, the user reads', OF_SUPERVISOR, 'read', true, OK],
    ['no U, the user writes', OF_SUPERVISOR, 'write', true, OK],
    ['no U and no W', '0x10061', 'write', false, fault(7)],
    ['nothing', '0x0', 'read', false, fault(4)],
  ])('%s', (_what, entry, kind, user, outcome) => {
    for (const cr0 of ['0x80010033', '0x80000033']) {
      const lab = hypervisor('4-level', { kernel: '7.3', registers: { cr0 } });
      setLeaf(lab, entry);
      expect(lab.run({ ...RUN, gmet: true })).toEqual(OK);
      const command = kind === 'write' ? { kind, value: '0x1' } : { kind };
      expect(lab.run({ ...command, gva: hex(DATA), user } as never)).toMatchObject(outcome);
      expect(flawsOf(lab.vm)).toEqual([]);
    }
  });

  test('goes by the privilege level, not by the page of L2, and nothing cached forgets that', () => {
    const lab = hypervisor('4-level', { kernel: '7.3' });
    setLeaf(lab, OF_SUPERVISOR);
    lab.run({ ...RUN, gmet: true });
    const fetch = { kind: 'execute', gva: hex(DATA) } as const;
    expect(lab.run(fetch)).toMatchObject(OK);
    expect(lab.run(fetch)).toMatchObject(OK);
    expect(lab.run({ ...fetch, user: true })).toMatchObject(fault(0x15));
  });

  test('is not known before 7.3, and off without a word', () => {
    for (const kernel of ['6.12', '7.3'] as const) {
      const lab = hypervisor('4-level', { kernel });
      lab.run({ ...RUN, gmet: kernel === '6.12' });
      expect(lab.run({ kind: 'execute', gva: hex(DATA) })).toMatchObject(OK);
    }
  });

  test('has roots of its own, which are kept beside those without it', () => {
    const lab = hypervisor('4-level', { kernel: '7.3' });
    const found = [false, true, false, true].map((gmet) => {
      lab.run({ ...RUN, gmet });
      const known = eventsOf(lab, 'root-reused').some(({ mmu }) => mmu === 'guest');
      frameAt(lab, DATA);
      lab.run({ kind: 'vmexit' });
      return known;
    });
    expect(found).toEqual([false, false, true, true]);
  });
});

describe.each<[Mode, KernelName, number]>([
  ['PAE', '5.14', 46],
  ['PAE', '6.1', 46],
  ['PAE', '7.3', 52],
  ['32-bit', '6.1', 46],
  ['32-bit', '7.3', 52],
])('L1 in %s under %s, MAXPHYADDR %i', (mode, kernel, maxphyaddr) => {
  test('has nested page tables of its own format, whose root is made again each time', () => {
    const lab = hypervisor(mode, { kernel, maxphyaddr });
    for (const _time of [1, 2]) {
      expect(lab.run({ ...RUN, cr3: hex(ROOTS[1]) })).toEqual(OK);
      expect(kindsOf(lab.events)).not.toContain('root-reused');
      expect(frameAt(lab, DATA)).toBe(0x14);
      expect(eventsOf(lab, 'root-allocated').at(-1)).toMatchObject({
        ...{ mmu: 'guest', page: 'special', level: maxphyaddr > 48 ? 5 : 4 },
      });
      expect(flawsOf(lab.vm)).toEqual([]);
      expect(guestWalkOf(lab.vm, lab.vcpu, { page: DATA / 4096, low: 0 }).result).toMatchObject({
        ...{ kind: 'mapped', gpa: DATA_GPA + 0x4000 },
      });
      expect(encodeVm(lab.vm).bytes.length).toBeGreaterThan(0);
      lab.run({ kind: 'vmexit' });
      expect(frameAt(lab, DATA)).toBe(0x10);
    }
  });
});

test('the PDPTEs of nested page tables are read in memory, and may lie anywhere in a page', () => {
  const lab = hypervisor('PAE');
  const [first] = pdptesAt(lab.vm.memory, NPT) ?? [];
  lab.run({ kind: 'host-write', gpa: hex(NPT + 0x60), value: hex((first?.page ?? 0) * 4096 + 1) });
  expect(lab.run({ ...RUN, nestedCr3: hex(NPT + 0x60) })).toEqual(OK);
  expect(vcpuStateOf(lab.vm, lab.vcpu).nested.nestedCr3).toEqual({ page: NPT / 4096, low: 0x60 });
  expect(frameAt(lab, DATA)).toBe(0x10);
  lab.run({ kind: 'host-write', gpa: hex(NPT + 0x60), value: '0x0' });
  lab.run({ kind: 'zap-all' });
  expect(lab.run({ kind: 'read', gva: hex(DATA) })).toMatchObject({
    kind: 'vm-exit',
    reason: 0x400,
  });
  expect(lab.run({ ...RUN, nestedCr3: hex(NPT + 0x10) })).toMatchObject({ reason: 2 ** 32 - 1 });
});

test.each<[string, Mode, object]>([
  ['long mode on tables of PAE', 'PAE', { cr3: hex(0x130000), efer: '0x1d00' }],
  ['PAE on 4-level tables', '4-level', { cr3: hex(0x130000), efer: '0x1800' }],
])('L2 may be in another mode than L1: %s', (_what, mode, save) => {
  const lab = hypervisor(mode);
  const other = createGuest({ vendor: 'svm', paging: 'ept' }, mode === 'PAE' ? '4-level' : 'PAE');
  other.run({
    kind: 'map',
    root: hex(0x130000),
    address: hex(DATA),
    gpa: '0x12000',
    pages: 1,
    tables: hex(0x131000),
  });
  for (let gpa = 0x130000; gpa < 0x136000; gpa += 8) copyWord(other, lab, gpa);
  lab.run({
    kind: 'map',
    root: hex(NPT),
    address: hex(0x130000),
    gpa: hex(0x130000),
    pages: 8,
    tables: hex(0x140000),
  });
  expect(lab.run({ ...RUN, ...save })).toEqual(OK);
  expect(frameAt(lab, DATA)).toBe(0x12);
});

function copyWord(from: Lab, to: Lab, gpa: number): void {
  const word = pdptesAt(from.vm.memory, gpa)?.[(gpa % 32) / 8];
  if (word === undefined || (word.page === 0 && word.low === 0)) return;
  to.run({ kind: 'host-write', gpa: hex(gpa), value: hex(word.page * 4096 + word.low) });
}

describe('L2 without nested paging shares root_mmu with L1', () => {
  test.each<['ept' | 'shadow', string]>([
    ['ept', '6.1'],
    ['shadow', '6.1'],
    ['shadow', '5.14'],
  ])('where KVM has %s, under %s', (paging, kernel) => {
    const lab = hypervisor('4-level', { paging, kernel: kernel as KernelName });
    expect(frameAt(lab, DATA)).toBe(0x10);
    expect(lab.run({ kind: 'vmrun', cr3: hex(ROOTS[1]) })).toEqual(OK);
    expect(vcpuStateOf(lab.vm, lab.vcpu)).toMatchObject({
      mmu: 'root',
      nested: { nestedCr3: null },
    });
    expect(
      kindsOf(lab.events)
        .filter((kind) => kind.startsWith('request-made'))
        .slice(0, 2),
    ).toEqual(['request-made MMU_SYNC', 'request-made TLB_FLUSH_CURRENT']);
    expect(frameAt(lab, DATA)).toBe(0x14);
    lab.run({ kind: 'vmexit' });
    expect(frameAt(lab, DATA)).toBe(0x10);
    expect(flawsOf(lab.vm)).toEqual([]);
  });

  test('fails where the PDPTEs of L2 are not valid', () => {
    const lab = hypervisor('PAE', { paging: 'shadow' });
    lab.run({ kind: 'host-write', gpa: hex(ROOTS[1]), value: '0x7' });
    expect(lab.run({ kind: 'vmrun', cr3: hex(ROOTS[1]) })).toMatchObject({
      ...{ kind: 'vm-exit', reason: 2 ** 32 - 1 },
    });
    expect(lab.vcpu.nested).toMatchObject({ guestMode: false, svm: null });
    expect(frameAt(lab, DATA)).toBe(0x10);
  });
});

test('an address of L2 above 4 GiB is never reached through tables of PAE', () => {
  const lab = hypervisor('PAE');
  const other = createGuest({ vendor: 'svm', paging: 'ept' });
  const page = { address: hex(DATA), gpa: '0x100012000', pages: 1, tables: hex(0x131000) };
  other.run({ kind: 'map', root: hex(0x130000), ...page });
  for (let gpa = 0x130000; gpa < 0x136000; gpa += 8) copyWord(other, lab, gpa);
  const tables = { address: hex(0x130000), gpa: hex(0x130000), pages: 8, tables: hex(0x140000) };
  lab.run({ kind: 'map', root: hex(NPT), ...tables });
  lab.run({ ...RUN, cr3: hex(0x130000), efer: '0x1d00' });
  expect(lab.run({ kind: 'read', gva: hex(DATA) })).toEqual({ kind: 'error', errno: 'EINTR' });
});
