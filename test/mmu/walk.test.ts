import { describe, expect, test } from 'vitest';
import {
  createMemory,
  type GuestMemory,
  type LinearAccess,
  leafEntry,
  type Registers,
  readHalf,
  readWord,
  tablesIn,
  type Walk,
  walk,
  wordFromHex,
  wordToHex,
  writeHalf,
  writeWord,
} from '../../src/mmu/machine/index.js';

const SMEP = 0x100000;
const SMAP = 0x200000;
const NX = 0x800;

/** Tables at 0x1000 and up; the first entry of each leads to the next, the last to 0x123000. */
interface Mode {
  readonly regs: Partial<Registers>;
  readonly entryBytes: 4 | 8;
  /** Where the entry of each level lies, from level 1 up. */
  readonly entries: readonly number[];
}

const LONG = { cr0: 0x80010033, cr4: 0xa0, efer: 0xd00 };
const MODES = {
  '5-level': {
    regs: { ...LONG, cr4: 0x10a0 },
    entryBytes: 8,
    entries: [0x5000, 0x4000, 0x3000, 0x2000, 0x1000],
  },
  '4-level': { regs: LONG, entryBytes: 8, entries: [0x4000, 0x3000, 0x2000, 0x1000] },
  PAE: {
    regs: { cr0: 0x80010033, cr4: 0xa0, efer: NX, pdptrs: [wordFromHex('0x1001')] },
    entryBytes: 8,
    entries: [0x2000, 0x1000],
  },
  '32-bit': {
    regs: { cr0: 0x80010033, cr4: 0x90, efer: 0 },
    entryBytes: 4,
    entries: [0x2000, 0x1000],
  },
} as const satisfies Record<string, Mode>;

type ModeName = keyof typeof MODES;

interface Scene {
  readonly mode?: ModeName;
  /** Entries by level that are not 0x...7. */
  readonly entries?: Readonly<Record<number, string>>;
  readonly access?: Partial<LinearAccess>;
  readonly regs?: Partial<Registers>;
  readonly maxphyaddr?: number;
  readonly gva?: string;
}

const READ: LinearAccess = { kind: 'read', user: false, ac: false };

function arrange({ mode = '4-level', entries = {}, regs = {} }: Scene) {
  const memory = createMemory([
    { gfn: 0, pageCount: 2 ** 20, hostFrame: 0, readOnly: false, dirty: null },
  ]);
  const { regs: own, entryBytes, entries: places } = MODES[mode];
  places.forEach((place, i) => {
    const next = i === 0 ? 0x123000 : (places[i - 1] as number);
    const entry = wordFromHex(entries[i + 1] ?? `0x${(next + 7).toString(16)}`);
    if (entryBytes === 8) writeWord(memory, place, entry);
    else writeHalf(memory, place, entry);
  });
  const processor: Registers = {
    ...{ cr3: wordFromHex('0x1000'), cpl: 0, csL: true, vm86: false, pdptrs: [] },
    ...{ cr0: 0, cr4: 0, efer: 0, pkru: 0, pkrs: 0 },
    ...own,
    ...regs,
  };
  return { memory, regs: processor };
}

function walkIn(memory: GuestMemory, regs: Registers, scene: Scene): Walk {
  const access = { ...READ, ...scene.access };
  const gva = wordFromHex(scene.gva ?? '0x0');
  return walk(tablesIn(memory), regs, gva, { access, maxphyaddr: scene.maxphyaddr ?? 46 });
}

/** `level gfn acc` of a walk, or `#PF` with its error code. */
function resultOf(scene: Scene): string {
  const { memory, regs } = arrange(scene);
  return show(walkIn(memory, regs, scene));
}

function show(walked: Walk): string {
  if (walked.kind === 'stopped') return 'stopped';
  if (walked.kind === 'page-fault') return `#PF 0x${walked.errorCode.toString(16)}`;
  const acc = `${walked.acc & 4 ? 'u' : '-'}${walked.acc & 2 ? 'w' : '-'}${walked.acc & 1 ? 'x' : '-'}`;
  return `${walked.level} 0x${walked.gfn.toString(16)} ${acc}${walked.global ? ' global' : ''}`;
}

const NOT_PRESENT = { 1: '0x0' };
const write = { kind: 'write' } as const;
const fetch = { kind: 'execute' } as const;
const user = { user: true };

describe('where a linear address leads', () => {
  test.each<[string, Scene, string]>([
    ['5 levels', { mode: '5-level' }, '1 0x123 u-x'],
    ['4 levels', {}, '1 0x123 u-x'],
    ['PAE', { mode: 'PAE' }, '1 0x123 u-x'],
    ['32-bit', { mode: '32-bit' }, '1 0x123 u-x'],
    ['a dirty leaf may be cached writable', { entries: { 1: '0x123047' } }, '1 0x123 uwx'],
    ['a write makes it dirty', { access: write }, '1 0x123 uwx'],
    ['rights are those of every level', { entries: { 2: '0x4001', 1: '0x123047' } }, '1 0x123 --x'],
    ['XD of any level counts', { entries: { 4: '0x8000000000002007' } }, '1 0x123 u--'],
    ['global', { entries: { 1: '0x123107' } }, '1 0x123 u-x global'],
    ['1 GiB', { entries: { 3: '0xc0000087' }, gva: '0x3fffffff' }, '3 0xfffff u-x'],
    ['2 MiB', { entries: { 2: '0x600087' }, gva: '0x1ff000' }, '2 0x7ff u-x'],
    ['2 MiB, PAE', { mode: 'PAE', entries: { 2: '0x600087' }, gva: '0x1000' }, '2 0x601 u-x'],
    ['4 MiB', { mode: '32-bit', entries: { 2: '0x800087' }, gva: '0x3ff000' }, '2 0xbff u-x'],
    ['4 MiB above 4 GiB (PSE-36)', { mode: '32-bit', entries: { 2: '0x1e087' } }, '2 0xf00000 u-x'],
    [
      'without CR4.PSE bit 7 of a PDE means nothing',
      { mode: '32-bit', regs: { cr4: 0x80 }, entries: { 2: '0x2087' } },
      '1 0x123 u-x',
    ],
    ['no paging', { regs: { cr0: 0x33, efer: 0 }, gva: '0x7654321' }, '1 0x7654 uwx'],
    ['bits 62:52 of an entry are ignored', { entries: { 1: '0x7ff0000000123007' } }, '1 0x123 u-x'],
  ])('%s', (_what, scene, result) => {
    expect(resultOf(scene)).toBe(result);
  });
});

describe('error code by mode', () => {
  const smep = { cr4: 0xa0 | SMEP };
  test.each<[string, Scene, string]>([
    ['read', {}, '#PF 0x0'],
    ['write', { access: write }, '#PF 0x2'],
    ['user read', { access: user }, '#PF 0x4'],
    ['user write', { access: { ...write, ...user } }, '#PF 0x6'],
    ['fetch', { access: fetch }, '#PF 0x10'],
    ['fetch without NXE', { access: fetch, regs: { efer: 0x500 } }, '#PF 0x0'],
    ['fetch without NXE, SMEP', { access: fetch, regs: { efer: 0x500, ...smep } }, '#PF 0x10'],
    ['32-bit fetch', { mode: '32-bit', access: { ...fetch, ...user } }, '#PF 0x4'],
    ['32-bit write', { mode: '32-bit', access: write }, '#PF 0x2'],
    ['PAE fetch', { mode: 'PAE', access: fetch }, '#PF 0x10'],
    ['5-level user fetch', { mode: '5-level', access: { ...fetch, ...user } }, '#PF 0x14'],
  ])('not present: %s', (_what, scene, result) => {
    expect(resultOf({ ...scene, entries: NOT_PRESENT })).toBe(result);
  });

  test('a PDPTE that is not present', () => {
    const pdptrs = [wordFromHex('0x0')];
    expect(resultOf({ mode: 'PAE', regs: { pdptrs }, access: write })).toBe('#PF 0x2');
  });
});

describe('reserved bits, which count where the entry is present and before rights do', () => {
  test.each<[string, Scene, string]>([
    ['bit 46 of a PTE', { entries: { 1: '0x400000123007' } }, '#PF 0x9'],
    ['bit 51 of a PML5E', { mode: '5-level', entries: { 5: '0x8000000002007' } }, '#PF 0x9'],
    [
      'bit 51, 52-bit addresses',
      { entries: { 1: '0x8000000123007' }, maxphyaddr: 52 },
      '1 0x8000000123 u-x',
    ],
    ['bit 36, 36-bit addresses', { entries: { 2: '0x1000004007' }, maxphyaddr: 36 }, '#PF 0x9'],
    ['PS of a PML4E', { entries: { 4: '0x2087' } }, '#PF 0x9'],
    ['PS of a PML5E', { mode: '5-level', entries: { 5: '0x2087' } }, '#PF 0x9'],
    ['bit 13 of a 2 MiB page', { entries: { 2: '0x602087' } }, '#PF 0x9'],
    ['bit 12 there is PAT', { entries: { 2: '0x601087' } }, '2 0x600 u-x'],
    ['bit 29 of a 1 GiB page', { entries: { 3: '0xe0000087' } }, '#PF 0x9'],
    ['XD without NXE', { entries: { 3: '0x8000000000003007' }, regs: { efer: 0x500 } }, '#PF 0x9'],
    ['PAE: bit 62', { mode: 'PAE', entries: { 1: '0x4000000000123007' } }, '#PF 0x9'],
    ['PAE: bit 46 of a PDE', { mode: 'PAE', entries: { 2: '0x400000002007' } }, '#PF 0x9'],
    ['32-bit: bit 21 of a 4 MiB page', { mode: '32-bit', entries: { 2: '0x200087' } }, '#PF 0x9'],
    [
      '32-bit: bit 17, 36-bit addresses',
      { mode: '32-bit', entries: { 2: '0x20087' }, maxphyaddr: 36 },
      '#PF 0x9',
    ],
    [
      '32-bit: bit 16, 36-bit addresses',
      { mode: '32-bit', entries: { 2: '0x10087' }, maxphyaddr: 36 },
      '2 0x800000 u-x',
    ],
    ['32-bit: a PTE has none', { mode: '32-bit', entries: { 1: '0xfffff087' } }, '1 0xfffff u-x'],
    ['not present: ignored', { entries: { 1: '0x8008000000123006' } }, '#PF 0x0'],
    [
      'before a right that is missing',
      { entries: { 1: '0x400000123001' }, access: { ...write, ...user } },
      '#PF 0xf',
    ],
    [
      'below an entry without rights',
      { entries: { 4: '0x2001', 1: '0x400000123007' }, access: user },
      '#PF 0xd',
    ],
    ['above one that is not present', { entries: { 4: '0x2087', 3: '0x0' } }, '#PF 0x9'],
  ])('%s', (_what, scene, result) => {
    expect(resultOf(scene)).toBe(result);
  });
});

describe('rights', () => {
  const noWp = { cr0: 0x80000033 };
  const smep = { cr4: 0xa0 | SMEP };
  const smap = { cr4: 0xa0 | SMAP };
  const readOnly = { 1: '0x123005' };
  const supervisor = { 1: '0x123003' };
  const noExecute = { 1: '0x8000000000123007' };
  test.each<[string, Scene, string]>([
    ['write, WP', { entries: readOnly, access: write }, '#PF 0x3'],
    ['write, no WP', { entries: readOnly, access: write, regs: noWp }, '1 0x123 u-x'],
    [
      'user write, no WP',
      { entries: readOnly, access: { ...write, ...user }, regs: noWp },
      '#PF 0x7',
    ],
    ['user, supervisor page', { entries: supervisor, access: user }, '#PF 0x5'],
    ['fetch, XD', { entries: noExecute, access: fetch }, '#PF 0x11'],
    ['read, XD', { entries: noExecute }, '1 0x123 u--'],
    ['fetch of a user page, SMEP', { access: fetch, regs: smep }, '#PF 0x11'],
    ['user fetch, SMEP', { access: { ...fetch, ...user }, regs: smep }, '1 0x123 u-x'],
    ['fetch, SMEP', { entries: supervisor, access: fetch, regs: smep }, '1 0x123 --x'],
    ['read of a user page, SMAP', { regs: smap }, '#PF 0x1'],
    ['write there, SMAP', { access: write, regs: smap }, '#PF 0x3'],
    ['SMAP with AC', { access: { ac: true }, regs: smap }, '1 0x123 u-x'],
    ['fetch, SMAP', { access: fetch, regs: smap }, '1 0x123 u-x'],
    ['a supervisor page, SMAP', { entries: supervisor, regs: smap }, '1 0x123 --x'],
    [
      'a user page under a supervisor entry, SMAP',
      { entries: { 3: '0x3003' }, regs: smap },
      '1 0x123 --x',
    ],
  ])('%s', (_what, scene, result) => {
    expect(resultOf(scene)).toBe(result);
  });
});

describe('A and D', () => {
  function entriesAfter(scene: Scene): string[] {
    const { memory, regs } = arrange(scene);
    walkIn(memory, regs, scene);
    const { entryBytes, entries } = MODES[scene.mode ?? '4-level'];
    return entries.map((place) =>
      wordToHex(entryBytes === 8 ? readWord(memory, place) : readHalf(memory, place)),
    );
  }

  test.each<[string, Scene, string[]]>([
    ['a read', {}, ['0x123027', '0x4027', '0x3027', '0x2027']],
    ['a write', { access: write }, ['0x123067', '0x4027', '0x3027', '0x2027']],
    ['a fetch', { access: fetch }, ['0x123027', '0x4027', '0x3027', '0x2027']],
    ['32-bit write', { mode: '32-bit', access: write }, ['0x123067', '0x2027']],
    [
      'a write without WP',
      { entries: { 1: '0x123001' }, access: write, regs: { cr0: 0x80000033 } },
      ['0x123061', '0x4027', '0x3027', '0x2027'],
    ],
    [
      'a fault sets neither',
      { entries: { 1: '0x123003' }, access: user },
      ['0x123003', '0x4007', '0x3007', '0x2007'],
    ],
    [
      'a large page',
      { entries: { 2: '0x600087' }, access: write },
      ['0x123007', '0x6000e7', '0x3027', '0x2027'],
    ],
  ])('%s', (_what, scene, entries) => {
    expect(entriesAfter(scene)).toEqual(entries);
  });

  test('the walk tells entries as they were read, with rights so far', () => {
    const scene = { entries: { 3: '0x3005', 1: '0x123003' } };
    const { memory, regs } = arrange(scene);
    const walked = walkIn(memory, regs, scene);
    expect(walked).toEqual({
      kind: 'mapped',
      steps: [
        { level: 4, gpa: 0x1000, entry: wordFromHex('0x2007'), acc: 7 },
        { level: 3, gpa: 0x2000, entry: wordFromHex('0x3005'), acc: 5 },
        { level: 2, gpa: 0x3000, entry: wordFromHex('0x4007'), acc: 5 },
        { level: 1, gpa: 0x4000, entry: wordFromHex('0x123003'), acc: 1 },
      ],
      level: 1,
      gfn: 0x123,
      acc: 1,
      key: 0,
      global: false,
    });
  });
});

test('a table outside every memslot reads as not present', () => {
  expect(resultOf({ regs: { cr3: wordFromHex('0x100000000') } })).toBe('#PF 0x0');
});

test('an entry that cannot be read or written stops the walk', () => {
  const { memory, regs } = arrange({});
  const options = { access: READ, maxphyaddr: 46 };
  const gva = wordFromHex('0x0');
  const inMemory = tablesIn(memory);
  const unread = { ...inMemory, readEntry: () => null };
  const unwritten = { ...inMemory, writeEntry: () => false };
  expect(walk(unread, regs, gva, options)).toEqual({ kind: 'stopped' });
  expect(walk(unwritten, regs, gva, options)).toEqual({ kind: 'stopped' });
});

test.each<[string, ModeName, number, { gfn: number; acc: number } | null]>([
  ['0x123027', '4-level', 46, { gfn: 0x123, acc: 5 }],
  ['0x123067', '4-level', 46, { gfn: 0x123, acc: 7 }],
  ['0x8000000000123063', '4-level', 46, { gfn: 0x123, acc: 2 }],
  ['0x123007', '4-level', 46, null],
  ['0x123026', '4-level', 46, null],
  ['0x1000123067', '4-level', 36, null],
  ['0x8000000000123067', '32-bit', 46, { gfn: 0x123, acc: 7 }],
])('leaf entry %s under %s', (entry, mode, maxphyaddr, leaf) => {
  const { regs } = arrange({ mode });
  expect(leafEntry(wordFromHex(entry), regs, maxphyaddr)).toEqual(leaf);
});
