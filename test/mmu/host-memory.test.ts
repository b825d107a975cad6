import { describe, expect, test } from 'vitest';
import { readWord } from '../../src/mmu/machine/index.js';
import { kindsOf, type Lab, type LabCommand } from './lab.js';
import {
  createGuest,
  DATA,
  DATA_GPA,
  entryFor,
  eventsOf,
  frameAt,
  gfnsOf,
  hex,
  PD,
  PML4,
  PT,
  writeEntry,
} from './paged-guest.js';

const WRITE = { kind: 'write', gva: hex(DATA), value: '0x77' } as const;

function used(...args: Parameters<typeof createGuest>): Lab {
  const lab = createGuest(...args);
  frameAt(lab, DATA);
  lab.run(WRITE);
  return lab;
}

describe('unmap', () => {
  test('takes the leaves of the range away, flushes every TLB, and keeps what memory holds', () => {
    const lab = used({ vcpus: 2 });
    lab.run({ kind: 'enter', vcpu: 1 });
    lab.run({ kind: 'unmap', gpa: hex(DATA_GPA), bytes: 8192 });
    expect(kindsOf(lab.events)).toEqual(Array(2).fill('request-made TLB_FLUSH'));
    expect(lab.vm.vcpus.map(({ mode }) => mode)).toEqual(['host', 'host']);
    expect([0x10, 0x11, 0x12].map((gfn) => lab.vm.shadow.rmaps.has(gfn))).toEqual([
      false,
      false,
      true,
    ]);
    expect(frameAt(lab, DATA)).toBe(0x77);
    expect(eventsOf(lab, 'page-fault')).toHaveLength(1);
  });

  test('of what nothing maps flushes nothing', () => {
    const lab = used();
    lab.run({ kind: 'unmap', gpa: '0x700000', bytes: 4096 });
    expect(kindsOf(lab.events)).toEqual([]);
  });

  test('of a table leaves its shadow page: what it shadows has not changed', () => {
    const lab = used();
    writeEntry(lab, PT, entryFor(0x15000));
    lab.run({ kind: 'unmap', gpa: hex(PT), bytes: 4096 });
    expect(lab.vm.shadow.byGfn.get(PT / 4096)).toMatchObject({ unsync: true });
    writeEntry(lab, PT, entryFor(0x16000));
    expect(gfnsOf(lab, 'page-unsynced')).toEqual([]);
  });

  test('under EPT takes away what the direct MMU maps', () => {
    const lab = used({ paging: 'ept' });
    lab.run({ kind: 'unmap', gpa: hex(DATA_GPA), bytes: 4096 });
    expect(frameAt(lab, DATA)).toBe(0x77);
    expect(eventsOf(lab, 'page-fault')).toHaveLength(1);
  });
});

describe('dirty-log', () => {
  const on = { kind: 'dirty-log', slot: 0, enabled: true } as const;

  test('lets the next write to each page fault once, with shadow paging', () => {
    const lab = used();
    lab.run(on);
    expect(kindsOf(lab.events)).toEqual(['request-made TLB_FLUSH']);
    expect(frameAt(lab, DATA)).toBe(0x77);
    expect(eventsOf(lab, 'page-fault')).toEqual([]);
    for (const faults of [1, 0]) {
      lab.run(WRITE);
      expect(eventsOf(lab, 'page-fault').map(({ errorCode }) => errorCode)).toEqual(
        Array(faults).fill(0x3),
      );
    }
  });

  test('is a matter of the processor under EPT: it only flushes', () => {
    const lab = used({ paging: 'ept' });
    lab.run(on);
    expect(kindsOf(lab.events)).toEqual(['request-made TLB_FLUSH']);
    lab.run(WRITE);
    expect(eventsOf(lab, 'page-fault')).toEqual([]);
  });

  test.each<[string, LabCommand, unknown]>([
    ['on again, does nothing', on, { kind: 'ok' }],
    ['off, flushes nothing', { ...on, enabled: false }, { kind: 'ok' }],
    ['of no memslot, is an error', { ...on, slot: 9 }, { kind: 'error', errno: 'EINVAL' }],
  ])('%s', (_what, command, outcome) => {
    const lab = used();
    lab.run(on);
    expect(lab.run(command)).toEqual(outcome);
    expect(kindsOf(lab.events)).toEqual([]);
  });
});

describe('map', () => {
  test('writes as KVM writes for the guest: what it changes is shadowed no more', () => {
    const lab = used();
    const range = { address: hex(DATA), gpa: '0x15000' };
    lab.run({ kind: 'map', root: hex(PML4), ...range, tables: '0x300000' });
    expect(kindsOf(lab.events)).toEqual(['request-made TLB_FLUSH']);
    expect(frameAt(lab, DATA)).toBe(0x15);
    expect(readWord(lab.vm.memory, PT)).toEqual({ page: 0x15, low: 0x67 });
  });

  test('uses the tables that are there, and takes new ones where they are missing', () => {
    const lab = used();
    const before = lab.vm.memory.pages.size;
    const range = { address: hex(DATA + 2 ** 21), gpa: hex(DATA_GPA), pages: 4 };
    lab.run({ kind: 'map', root: hex(PML4), ...range, tables: '0x300000' });
    expect(lab.vm.memory.pages.size).toBe(before + 1);
    expect(readWord(lab.vm.memory, PD + 3 * 8)).toEqual({ page: 0x300, low: 0x67 });
    expect(frameAt(lab, DATA + 2 ** 21 + 4096)).toBe(0x11);
  });

  test.each([
    ['tables are in use', { tables: hex(DATA_GPA) }, `the page at ${hex(DATA_GPA)} is in use`],
    ['no memslot holds tables', { tables: '0x200000000' }, 'no memslot holds a table'],
    ['a large page is in the way', { address: '0x40000000' }, 'a large page is in the way'],
  ])('is refused where %s, and changes nothing', (_what, part, why) => {
    const lab = createGuest();
    const large = { address: '0x40000000', gpa: '0x0', pageSize: '2m' } as const;
    lab.run({ kind: 'map', root: hex(PML4), ...large, tables: '0x300000' });
    const range = { address: '0x50000000', gpa: '0x0', tables: '0x310000', ...part };
    const before = structuredClone(lab.vm.memory);
    expect(() => lab.run({ kind: 'map', root: hex(PML4), ...range })).toThrow(why);
    expect(lab.vm.memory).toEqual(before);
  });

  test('without paging is refused, and without NX whatever cannot be executed', () => {
    const range = { kind: 'map', root: hex(PML4), address: '0x0', gpa: '0x0' } as const;
    const none = createGuest({}, 'none');
    expect(() => none.run({ ...range, tables: '0x300000' })).toThrow('the vCPU has paging off');
    const old = createGuest({}, '32-bit');
    expect(() => old.run({ ...range, execute: false, tables: '0x300000' })).toThrow('EFER.NXE');
  });
});

describe('the bounds of an access', () => {
  test('an ideal TLB that is full is said, and a flush makes room', () => {
    const lab = used();
    if (lab.vcpu.tlb === null) throw new Error('the TLB is ideal');
    lab.vcpu.tlb.size = 65_536;
    expect(() => lab.run(WRITE)).toThrow('the ideal TLB of vCPU 0 holds 65536 entries');
  });

  test('a VMCS that is current on another vCPU cannot be loaded or cleared', () => {
    const lab = createGuest({ vcpus: 2, registers: { cr4: '0x20a0' } });
    for (const vcpu of [0, 1]) lab.run({ kind: 'vmxon', vcpu, address: '0x1000' });
    lab.run({ kind: 'vmptrld', address: '0x2000' });
    for (const kind of ['vmptrld', 'vmclear'] as const) {
      const again = { kind, vcpu: 1, address: '0x2000' };
      expect(() => lab.run(again)).toThrow('the VMCS at 0x2000 is current on vCPU 0');
    }
    lab.run({ kind: 'vmclear', address: '0x2000' });
    expect(lab.run({ kind: 'vmptrld', vcpu: 1, address: '0x2000' })).toEqual({ kind: 'ok' });
  });
});
