import { describe, expect, test } from 'vitest';
import { KERNEL_VERSIONS } from '../../src/mmu/index.js';
import { has4ByteGpte, isDirect, levelOf, quadrantOf } from '../../src/mmu/shadow/index.js';
import type { Lab } from './lab.js';
import {
  createGuest,
  DATA,
  DATA_GPA,
  entryFor,
  eventsOf,
  frameAt,
  gfnsOf,
  hex,
  type Mode,
  PML4,
  PT,
  seen,
  writeEntry,
} from './paged-guest.js';

/** Level, first frame and quadrant of each shadow page, oldest first. */
function pagesOf({ vm }: Lab): string[] {
  return vm.shadow.table
    .filter((page) => page !== null)
    .map(({ gfn, role }) => {
      const kind = isDirect(role) ? 'direct' : has4ByteGpte(role) ? `q${quadrantOf(role)}` : '';
      return `l${levelOf(role)} ${gfn.toString(16)} ${kind}`.trimEnd();
    });
}

describe.each<Mode>(['4-level', '5-level', 'PAE', '32-bit'])('%s', (mode) => {
  test.each(KERNEL_VERSIONS)(
    'the guest reads, writes and edits its tables, kernel %s',
    (kernel) => {
      const lab = createGuest({ kernel }, mode);
      expect([0, 1, 2, 3].map((i) => frameAt(lab, DATA + i * 4096))).toEqual([16, 17, 18, 19]);
      const value = hex(0x1234);
      expect(lab.run({ kind: 'write', gva: hex(DATA), value, bytes: 4 })).toEqual({ kind: 'ok' });
      expect(frameAt(lab, DATA)).toBe(0x234);
      // The table of level 1 is the last of those that the data took.
      const table = { '4-level': 3, '5-level': 4, PAE: 2, '32-bit': 1, none: 0 }[mode];
      const bytes = mode === '32-bit' ? 4 : 8;
      const leaf = seen(PML4 + table * 4096);
      lab.run({ kind: 'write', gva: leaf, value: hex(entryFor(0x15000)), bytes });
      expect(frameAt(lab, DATA)).toBe(0x234);
      lab.run({ kind: 'invlpg', gva: hex(DATA) });
      expect(frameAt(lab, DATA)).toBe(0x15);
      lab.run({ kind: 'mov-cr3', value: '0x110000' });
      expect(frameAt(lab, DATA)).toBe(0x14);
    },
  );
});

const LARGE = { pageSize: '2m', tables: '0x300000' } as const;

describe('shadow pages', () => {
  test.each<[Mode, string[]]>([
    ['4-level', ['l4 100', 'l3 101', 'l2 102', 'l1 103']],
    ['5-level', ['l5 100', 'l4 101', 'l3 102', 'l2 103', 'l1 104']],
    ['PAE', ['l2 101', 'l1 102']],
    ['32-bit', ['l2 100 q0', 'l2 100 q1', 'l2 100 q2', 'l2 100 q3', 'l1 101 q0']],
  ])('%s', (mode, pages) => {
    const lab = createGuest({}, mode);
    frameAt(lab, DATA);
    expect(pagesOf(lab)).toEqual(pages);
  });

  test('without paging, map frames directly below four roots of a gigabyte each', () => {
    const lab = createGuest({}, 'none');
    expect(frameAt(lab, DATA_GPA)).toBe(0x10);
    expect(pagesOf(lab)).toEqual([
      'l2 0 direct',
      'l2 40000 direct',
      'l2 80000 direct',
      'l2 c0000 direct',
      'l1 0 direct',
    ]);
  });

  test('below a large page map its frames directly', () => {
    const lab = createGuest();
    lab.run({ kind: 'map', root: hex(PML4), address: '0x40000000', gpa: '0x0', ...LARGE });
    expect(frameAt(lab, 0x40000000 + DATA_GPA)).toBe(0x10);
    expect(pagesOf(lab).slice(-1)).toEqual(['l1 0 direct']);
    expect(eventsOf(lab, 'page-fault')).toHaveLength(1);
  });

  test('of a page of 1 GiB are direct from level 2 on', () => {
    const lab = createGuest();
    const page = { address: '0x40000000', gpa: '0x0', pageSize: '1g' } as const;
    lab.run({ kind: 'map', root: hex(PML4), ...page, tables: '0x300000' });
    expect(frameAt(lab, 0x40000000 + DATA_GPA)).toBe(0x10);
    expect(pagesOf(lab).slice(-2)).toEqual(['l2 0 direct', 'l1 0 direct']);
  });
});

describe('a table of 32-bit paging', () => {
  /** Far enough apart to lie in different quadrants of one table: 2 MiB, and 1 GiB. */
  const HIGH = DATA + 2 ** 21;

  test('has two shadow pages, one for each half, and a write reaches the right one', () => {
    const lab = createGuest({}, '32-bit');
    lab.run({ kind: 'map', root: hex(PML4), address: hex(HIGH), gpa: '0x15000', tables: '0x0' });
    expect([frameAt(lab, DATA), frameAt(lab, HIGH)]).toEqual([0x10, 0x15]);
    expect(pagesOf(lab).slice(-2)).toEqual(['l1 101 q0', 'l1 101 q1']);
    const half = seen(0x101000 + 512 * 4);
    lab.run({ kind: 'write', gva: half, value: hex(entryFor(0x16000)), bytes: 4 });
    expect(gfnsOf(lab, 'page-unsynced')).toEqual([0x101, 0x101]);
    lab.run({ kind: 'mov-cr3', value: hex(PML4) });
    expect([frameAt(lab, DATA), frameAt(lab, HIGH)]).toEqual([0x10, 0x16]);
  });

  test('that maps 4 MiB, with PSE, is shadowed by two direct pages of 2 MiB', () => {
    const lab = createGuest({}, '32-bit');
    lab.run({ kind: 'write', gva: seen(PML4 + 16 * 4), value: '0xe7', bytes: 4 });
    const large = 16 * 2 ** 22;
    expect(frameAt(lab, large + DATA_GPA)).toBe(0x10);
    lab.run({ kind: 'read', gva: hex(large + 2 ** 21) });
    expect(pagesOf(lab).slice(-2)).toEqual(['l1 0 direct', 'l1 200 direct']);
    lab.run({ kind: 'write', gva: seen(PML4 + 16 * 4), value: '0x0', bytes: 4 });
    for (const gva of [large, large + 2 ** 21]) {
      expect(lab.run({ kind: 'read', gva: hex(gva) })).toMatchObject({ errorCode: 0 });
    }
  });

  test('without PSE the bit is ignored', () => {
    const lab = createGuest({ registers: { cr4: '0x0' } }, '32-bit');
    lab.run({ kind: 'write', gva: seen(PML4 + 16 * 4), value: '0x1010e7', bytes: 4 });
    expect(frameAt(lab, 16 * 2 ** 22)).toBe(0x10);
  });
});

describe('PAE paging', () => {
  test('takes its PDPTEs from the registers until CR3 is loaded', () => {
    const lab = createGuest({}, 'PAE');
    expect(frameAt(lab, DATA)).toBe(0x10);
    // The first PDPTE leads to the directory of the other address space from now on.
    expect(writeEntry(lab, PML4, 0x111001)).toEqual({ kind: 'ok' });
    expect(frameAt(lab, DATA)).toBe(0x10);
    lab.run({ kind: 'mov-cr3', value: hex(PML4) });
    expect(frameAt(lab, DATA)).toBe(0x14);
  });

  test('a MOV CR3 loads every time: its root cannot be cached', () => {
    const lab = createGuest({}, 'PAE');
    for (const cr3 of ['0x110000', '0x100000', '0x110000']) {
      lab.run({ kind: 'mov-cr3', value: cr3 });
      lab.run({ kind: 'enter' });
      expect(eventsOf(lab, 'root-allocated')).toMatchObject([{ page: 'special' }]);
    }
  });
});

describe('a supervisor without CR0.WP', () => {
  const registers = { cr0: '0x80000033', cr4: '0x1000a0' };
  const READ_ONLY = entryFor(DATA_GPA, 0x65);
  const write = { kind: 'write', gva: hex(DATA), value: '0x99' } as const;

  test('writes a read-only page; it is then not the user’s, nor executable with SMEP', () => {
    const lab = createGuest({ registers });
    writeEntry(lab, PT, READ_ONLY);
    expect(lab.run({ ...write, user: true })).toMatchObject({ errorCode: 0x7 });
    expect(lab.run(write)).toEqual({ kind: 'ok' });
    const gva = hex(DATA);
    expect(lab.run({ kind: 'execute', gva })).toMatchObject({ kind: 'fault', errorCode: 0x11 });
    expect(lab.run({ kind: 'read', gva, user: true })).toMatchObject({ kind: 'ok' });
    expect(lab.run({ kind: 'execute', gva, user: true })).toEqual({ kind: 'ok' });
    expect(lab.run({ ...write, user: true })).toMatchObject({ errorCode: 0x7 });
    expect(lab.run(write)).toEqual({ kind: 'ok' });
  });

  test('does not with it', () => {
    const lab = createGuest();
    writeEntry(lab, PT, READ_ONLY);
    expect(lab.run(write)).toMatchObject({ kind: 'fault', errorCode: 0x3 });
  });

  test('does so though EFER.NXE is clear, and fetches an ordinary page as ever', () => {
    const lab = createGuest({ registers: { ...registers, efer: '0x500' } });
    writeEntry(lab, PT, READ_ONLY);
    writeEntry(lab, PT + 8, entryFor(0x11000, 0x63));
    expect(lab.run(write)).toEqual({ kind: 'ok' });
    const fetch = (gva: number) => lab.run({ kind: 'execute', gva: hex(gva) });
    expect(fetch(DATA)).toMatchObject({ kind: 'fault', errorCode: 0x11 });
    expect(fetch(DATA + 4096)).toEqual({ kind: 'ok' });
  });
});
