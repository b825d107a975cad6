import { describe, expect, test } from 'vitest';
import {
  createMemory,
  type EptLimits,
  type EptWalk,
  leafEptEntry,
  type PhysicalAccess,
  readWord,
  walkEpt,
  wordFromHex,
  wordToHex,
  writeWord,
} from '../../src/mmu/machine/index.js';

/** The first entry of each table leads to the next, the last to 0x123000; by level from 1 up. */
const ENTRIES = [0x4000, 0x3000, 0x2000, 0x1000];
const CAP = '0xf01063340c1';
const WITHOUT = { executeOnly: '0xf01063340c0', page2m: '0xf01063240c1', page1g: '0xf01063140c1' };

interface Scene {
  /** Entries by level that are not 0x...7, or 0x...37 at level 1. */
  readonly entries?: Readonly<Record<number, string>>;
  readonly access?: Partial<PhysicalAccess>;
  readonly gpa?: number;
  readonly ad?: boolean;
  readonly cap?: string;
  readonly maxphyaddr?: number;
  readonly isModeBased?: boolean;
}

function walkIn(scene: Scene) {
  const { entries = {}, access, gpa = 0, ad = false, cap = CAP, maxphyaddr = 46 } = scene;
  const { isModeBased = false } = scene;
  const memory = createMemory([
    { gfn: 0, pageCount: 2 ** 20, hostFrame: 0, readOnly: false, dirty: null },
  ]);
  ENTRIES.forEach((place, i) => {
    const next = i === 0 ? 0x123037 : (ENTRIES[i - 1] as number) + 7;
    writeWord(memory, place, wordFromHex(entries[i + 1] ?? `0x${next.toString(16)}`));
  });
  const limits: EptLimits = { cap: wordFromHex(cap), maxphyaddr, isModeBased };
  const walked = walkEpt(memory, wordFromHex(ad ? '0x105e' : '0x101e'), gpa, {
    access: { kind: 'read', isFinal: true, ...access },
    limits,
  });
  return { walked, memory };
}

/** `level gfn rights` of a walk, a violation with its qualification, or `misconfigured`. */
function resultOf(scene: Scene): string {
  return show(walkIn(scene).walked);
}

function show(walked: EptWalk): string {
  if (walked.kind === 'misconfiguration') return 'misconfigured';
  if (walked.kind === 'log-full') return 'log full';
  if (walked.kind === 'violation') return `0x${walked.qualification.toString(16)}`;
  const { level, gfn, acc } = walked;
  return `${level} 0x${gfn.toString(16)} ${acc & 4 ? 'r' : '-'}${acc & 2 ? 'w' : '-'}${acc & 1 ? 'x' : '-'}${acc & 8 ? '+xu' : ''}`;
}

const write = { kind: 'write' } as const;
const fetch = { kind: 'execute' } as const;
const table = { isFinal: false } as const;
const ofUser = { kind: 'execute', isOfUser: true } as const;
const isModeBased = true;

/** Entries of which all have XU, and the last one has no X. */
const WITH_XU = { 4: '0x2407', 3: '0x3407', 2: '0x4407', 1: '0x123433' };

describe('where a guest-physical address leads', () => {
  test.each<[string, Scene, string]>([
    ['a small page', {}, '1 0x123 rwx'],
    ['2 MiB', { entries: { 2: '0x6000b7' }, gpa: 0x1ff000 }, '2 0x7ff rwx'],
    ['1 GiB', { entries: { 3: '0xc00000b7' }, gpa: 0x3ffff000 }, '3 0xfffff rwx'],
    ['rights are those of every level', { entries: { 4: '0x2001', 1: '0x123037' } }, '1 0x123 r--'],
    ['executable alone', { entries: { 1: '0x123034' }, access: fetch }, '1 0x123 --x'],
    ['by mode', { isModeBased, entries: WITH_XU, access: ofUser }, '1 0x123 rw-+xu'],
    [
      'by mode: XU alone',
      { isModeBased, entries: { ...WITH_XU, 1: '0x123430' }, access: ofUser },
      '1 0x123 ---+xu',
    ],
    ['uncacheable', { entries: { 1: '0x123007' } }, '1 0x123 rwx'],
    ['ignored bits', { entries: { 2: '0xfff0000000004f07' } }, '1 0x123 rwx'],
    ['A/D: not writable until it is dirty', { ad: true }, '1 0x123 r-x'],
    ['A/D: a write makes it dirty', { ad: true, access: write }, '1 0x123 rwx'],
    ['A/D: so does a walk of L2', { ad: true, access: table }, '1 0x123 rwx'],
  ])('%s', (_what, scene, result) => {
    expect(resultOf(scene)).toBe(result);
  });
});

describe('violations, by their qualification', () => {
  test.each<[string, Scene, string]>([
    ['read', { entries: { 1: '0x0' } }, '0x181'],
    ['write', { entries: { 1: '0x0' }, access: write }, '0x182'],
    ['fetch', { entries: { 4: '0x0' }, access: fetch }, '0x184'],
    [
      'reserved bits of an entry that is not present',
      { entries: { 3: '0x8000000000078' } },
      '0x181',
    ],
    ['write, r--', { entries: { 1: '0x123031' }, access: write }, '0x18a'],
    ['write, r-x above', { entries: { 3: '0x3005' }, access: write }, '0x1aa'],
    ['fetch, rw-', { entries: { 1: '0x123033' }, access: fetch }, '0x19c'],
    ['read, --x', { entries: { 1: '0x123034' } }, '0x1a1'],
    ['rights that no level gives alone', { entries: { 2: '0x4003', 1: '0x123034' } }, '0x181'],
    ['a table of L2', { entries: { 1: '0x0' }, access: table }, '0x81'],
    ['an update of one', { entries: { 1: '0x123031' }, access: { ...table, ...write } }, '0x8b'],
    ['A/D: a table of L2', { ad: true, entries: { 1: '0x123035' }, access: table }, '0xab'],
    ['A/D: one that is not present', { ad: true, entries: { 1: '0x0' }, access: table }, '0x83'],
    ['A/D: the page itself', { ad: true, entries: { 1: '0x0' } }, '0x181'],
    ['bit 10 alone', { entries: { 1: '0x123430' }, access: ofUser }, '0x184'],
    ['by mode: fetch, no XU', { isModeBased, access: ofUser }, '0x1bc'],
    ['by mode: fetch, no X', { isModeBased, entries: WITH_XU, access: fetch }, '0x1dc'],
    ['by mode: read, XU alone', { isModeBased, entries: { ...WITH_XU, 1: '0x123430' } }, '0x1c1'],
    [
      'by mode: XU that one level lacks',
      { isModeBased, entries: { ...WITH_XU, 2: '0x4007' }, access: ofUser },
      '0x19c',
    ],
  ])('%s', (_what, scene, qualification) => {
    expect(resultOf(scene)).toBe(qualification);
  });
});

describe('misconfigurations', () => {
  test.each<[string, Scene]>([
    ['-w-', { entries: { 1: '0x123032' } }],
    ['-wx', { entries: { 3: '0x3006' } }],
    ['-w- with XU', { isModeBased, entries: { ...WITH_XU, 1: '0x123432' } }],
    [
      'XU alone, where --x is not offered',
      { isModeBased, entries: { ...WITH_XU, 1: '0x123430' }, cap: WITHOUT.executeOnly },
    ],
    ['--x, where it is not offered', { entries: { 1: '0x123034' }, cap: WITHOUT.executeOnly }],
    ['bit 46', { entries: { 1: '0x400000123037' } }],
    ['bit 51', { entries: { 4: '0x8000000002007' } }],
    ['bit 36, 36-bit addresses', { entries: { 2: '0x1000004007' }, maxphyaddr: 36 }],
    ['memory type 2', { entries: { 1: '0x123017' } }],
    ['memory type 3', { entries: { 1: '0x12301f' } }],
    ['memory type 7', { entries: { 1: '0x12303f' } }],
    ['memory type of a table', { entries: { 2: '0x400f' } }],
    ['ignore-PAT of a table', { entries: { 3: '0x3047' } }],
    ['bit 7 at level 4', { entries: { 4: '0x2087' } }],
    ['bit 7, 2 MiB not offered', { entries: { 2: '0x6000b7' }, cap: WITHOUT.page2m }],
    ['bit 7, 1 GiB not offered', { entries: { 3: '0xc00000b7' }, cap: WITHOUT.page1g }],
    ['bit 12 of 2 MiB', { entries: { 2: '0x6010b7' } }],
    ['bit 29 of 1 GiB', { entries: { 3: '0xe00000b7' } }],
    [
      'below an entry without the right',
      { entries: { 4: '0x2001', 1: '0x123032' }, access: write },
    ],
    ['above an entry that is not present', { entries: { 4: '0x2002', 3: '0x0' } }],
  ])('%s', (_what, scene) => {
    expect(resultOf(scene)).toBe('misconfigured');
  });

  test('not below an entry that is not present', () => {
    expect(resultOf({ entries: { 4: '0x0', 3: '0x3002' } })).toBe('0x181');
  });
});

describe('A and D', () => {
  test.each<[string, Scene, string[]]>([
    ['not enabled', { access: write }, ['0x123037', '0x4007', '0x3007', '0x2007']],
    ['a read', { ad: true }, ['0x123137', '0x4107', '0x3107', '0x2107']],
    ['a write', { ad: true, access: write }, ['0x123337', '0x4107', '0x3107', '0x2107']],
    ['a walk of L2', { ad: true, access: table }, ['0x123337', '0x4107', '0x3107', '0x2107']],
    [
      'a violation',
      { ad: true, access: write, entries: { 1: '0x123031' } },
      ['0x123031', '0x4007', '0x3007', '0x2007'],
    ],
  ])('%s', (_what, scene, entries) => {
    const { memory } = walkIn(scene);
    expect(ENTRIES.map((place) => wordToHex(readWord(memory, place)))).toEqual(entries);
  });
});

test('an EPT of 5 levels', () => {
  const memory = createMemory([
    { gfn: 0, pageCount: 16, hostFrame: 0, readOnly: false, dirty: null },
  ]);
  for (const [place, entry] of [
    [0x1008, '0x2007'],
    [0x2000, '0x3007'],
    [0x3000, '0x4007'],
    [0x4000, '0x5007'],
    [0x5000, '0x123037'],
  ] as const) {
    writeWord(memory, place, wordFromHex(entry));
  }
  const limits = { cap: wordFromHex(CAP), maxphyaddr: 52, isModeBased: false };
  const access = { kind: 'read', isFinal: true } as const;
  const walked = walkEpt(memory, wordFromHex('0x1026'), 2 ** 48, { access, limits });
  expect(show(walked)).toBe('1 0x123 rwx');
});

test.each<[string, boolean, { gfn: number; acc: number } | null]>([
  ['0x123037', false, { gfn: 0x123, acc: 7 }],
  ['0x123034', false, { gfn: 0x123, acc: 1 }],
  ['0x123037', true, null],
  ['0x123137', true, { gfn: 0x123, acc: 5 }],
  ['0x123337', true, { gfn: 0x123, acc: 7 }],
  ['0x123030', false, null],
  ['0x123032', false, null],
  ['0x12303f', false, null],
])('leaf entry %s, A/D enabled: %s', (entry, tracksUse, leaf) => {
  const limits = { cap: wordFromHex(CAP), maxphyaddr: 46, isModeBased: false };
  expect(leafEptEntry(wordFromHex(entry), { limits, tracksUse })).toEqual(leaf);
});
