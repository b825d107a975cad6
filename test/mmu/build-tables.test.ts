import { describe, expect, test } from 'vitest';
import {
  createMemory,
  type GuestMemory,
  needsNx,
  pagesInOrder,
  planTables,
  type Registers,
  type TableRange,
  type TableWrite,
  wordFromHex,
  wordFromNumber,
  wordsOfPage,
  wordToHex,
  writeRun,
  writeTable,
  writeWord,
} from '../../src/mmu/machine/index.js';

const BASE = {
  ...{ cr3: wordFromHex('0x1000'), cpl: 0, csL: true, vm86: false, pdptrs: [] },
  ...{ pkru: 0, pkrs: 0 },
};
const LONG: Registers = { ...BASE, cr0: 0x80010033, cr4: 0xa0, efer: 0xd00 };
const LA57: Registers = { ...LONG, cr4: 0x10a0 };
const PAE: Registers = { ...LONG, efer: 0x800 };
const LEGACY: Registers = { ...LONG, cr4: 0x80, efer: 0x800 };
const REAL: Registers = { ...LONG, cr0: 0x33 };

/** A small page at 0x600000, anyone's, with new tables from 0x8000 on. */
const RANGE: TableRange = {
  root: wordFromHex('0x1000'),
  format: 'paging',
  address: wordFromHex('0x600000'),
  gpa: 0x123000,
  pages: 1,
  pageSize: '4k',
  write: true,
  execute: true,
  user: true,
  global: false,
  accessedDirty: true,
  tables: 0x8000,
};

function emptyMemory(): GuestMemory {
  return createMemory([{ gfn: 0, pageCount: 2 ** 20, hostFrame: 0, readOnly: false, dirty: null }]);
}

/** `place: entry` in the order of writing, or the flaw. */
function planned(regs: Registers, range: Partial<TableRange>, memory = emptyMemory()) {
  const plan = planTables(memory, regs, { ...RANGE, ...range });
  if ('flaw' in plan) return plan.flaw;
  return [...plan.writes].map(({ gpa, entry }) => `0x${gpa.toString(16)}: ${wordToHex(entry)}`);
}

describe('entries by mode', () => {
  test.each<[string, Registers, Partial<TableRange>, string[]]>([
    [
      '4 levels',
      LONG,
      {},
      ['0x1000: 0x8067', '0x8000: 0x9067', '0x9018: 0xa067', '0xa000: 0x123067'],
    ],
    [
      '5 levels',
      LA57,
      { address: wordFromHex('0xff00000000600000') },
      [
        ...['0x1800: 0x8067', '0x8000: 0x9067', '0x9000: 0xa067'],
        ...['0xa018: 0xb067', '0xb000: 0x123067'],
      ],
    ],
    [
      'PAE, whose root is aligned to 32 bytes',
      PAE,
      { root: wordFromHex('0x1038'), address: wordFromHex('0xc0600000') },
      ['0x1038: 0x8001', '0x8018: 0x9067', '0x9000: 0x123067'],
    ],
    ['32-bit', LEGACY, {}, ['0x1004: 0x8067', '0x8800: 0x123067']],
    [
      'an EPT, of 4 levels',
      REAL,
      { format: 'ept', root: wordFromHex('0x105e') },
      ['0x1000: 0x8107', '0x8000: 0x9107', '0x9018: 0xa107', '0xa000: 0x123337'],
    ],
    [
      'an EPT whose A and D are clear',
      REAL,
      { format: 'ept', root: wordFromHex('0x101e'), accessedDirty: false, user: false },
      ['0x1000: 0x8007', '0x8000: 0x9007', '0x9018: 0xa007', '0xa000: 0x123036'],
    ],
    [
      'an EPT of 5 levels',
      REAL,
      { format: 'ept', root: wordFromHex('0x1026'), address: wordFromHex('0x1000000000000') },
      [
        ...['0x1008: 0x8107', '0x8000: 0x9107', '0x9000: 0xa107'],
        ...['0xa000: 0xb107', '0xb000: 0x123337'],
      ],
    ],
    [
      'rights are in the leaf alone',
      LONG,
      { write: false, user: false, execute: false, global: true, accessedDirty: false },
      [...['0x1000: 0x8007', '0x8000: 0x9007', '0x9018: 0xa007'], '0xa000: 0x8000000000123101'],
    ],
    [
      '2 MiB',
      LONG,
      { pageSize: '2m', gpa: 0x400000 },
      ['0x1000: 0x8067', '0x8000: 0x9067', '0x9018: 0x4000e7'],
    ],
    [
      '1 GiB, two of them',
      LONG,
      { pageSize: '1g', pages: 2, address: wordFromHex('0x40000000'), gpa: 0 },
      ['0x1000: 0x8067', '0x8008: 0xe7', '0x8010: 0x400000e7'],
    ],
    [
      'pages that share tables',
      LONG,
      { pages: 2 },
      [
        ...['0x1000: 0x8067', '0x8000: 0x9067', '0x9018: 0xa067'],
        ...['0xa000: 0x123067', '0xa008: 0x124067'],
      ],
    ],
  ])('%s', (_what, regs, range, writes) => {
    expect(planned(regs, range)).toEqual(writes);
  });

  test('tables that are there already are used, whatever their rights', () => {
    const memory = emptyMemory();
    writeWord(memory, 0x1000, wordFromHex('0x4001'));
    writeWord(memory, 0x4000, wordFromHex('0x5001'));
    expect(planned(LONG, {}, memory)).toEqual(['0x5018: 0x8067', '0x8000: 0x123067']);
  });

  test('a table that leads to itself is read as it will be', () => {
    const memory = emptyMemory();
    // Entry 0 of the root is the root: each level of the walk is the same page.
    writeWord(memory, 0x1000, wordFromHex('0x1001'));
    const written = planned(LONG, { address: wordFromHex('0x0'), pages: 3 }, memory);
    // The entry of the first page is the one by which the others are reached: its frame becomes a
    // table of theirs.
    expect(written).toEqual([
      ...['0x1000: 0x123067', '0x123000: 0x8067', '0x8000: 0x9067'],
      ...['0x9008: 0x124067', '0x9010: 0x125067'],
    ]);
  });

  test.each<[string, Registers, Partial<TableRange>, string[]]>([
    [
      'of 8 bytes, in two tables',
      LONG,
      { address: wordFromHex('0x7fe000'), pages: 5, execute: false },
      ['0x1 1', '0x8 1', '0x9 1', '0xa 2', '0x9 1', '0xb 3'],
    ],
    ['of 4 bytes, at either half', LEGACY, { pages: 3 }, ['0x1 1', '0x8 3']],
  ])('runs of entries %s are the entries one by one', (_, regs, range, runs) => {
    const [memory, other] = [emptyMemory(), emptyMemory()];
    // What a run does not name stays.
    for (const one of [memory, other]) writeWord(one, 0x1ff8, wordFromHex('0x1234567812345001'));
    const plan = planTables(memory, regs, { ...RANGE, ...range });
    if ('flaw' in plan) throw new Error(plan.flaw);
    const found: string[] = [];
    const flat: TableWrite[] = [];
    for (const run of plan.writes.runs()) {
      const writes = [...run];
      found.push(`0x${run.gfn.toString(16)} ${writes.length}`);
      flat.push(...writes);
      writeRun(memory, run);
    }
    for (const write of plan.writes) writeTable(other, write);
    expect(found).toEqual(runs);
    expect(flat).toEqual([...plan.writes]);
    expect(pagesInOrder(memory.pages)).toEqual(pagesInOrder(other.pages));
  });

  test('entries of 4 bytes leave their neighbours alone', () => {
    const memory = emptyMemory();
    writeWord(memory, 0x1000, wordFromHex('0x1234567800000000'));
    writeTable(memory, { gpa: 0x1000, bytes: 4, entry: wordFromNumber(0x8067) });
    expect(wordsOfPage(memory.pages, 1)?.slice(0, 2)).toEqual(
      new Uint32Array([0x8067, 0x12345678]),
    );
  });
});

describe('what cannot be mapped', () => {
  const ept = { format: 'ept', root: wordFromHex('0x101e') } as const;
  test.each<[string, Registers, Partial<TableRange>]>([
    ['the vCPU has paging off', REAL, {}],
    ['the EPT pointer asks for 3 levels', LONG, { ...ept, root: wordFromHex('0x1016') }],
    ['under 32-bit paging pages are of 4k', LEGACY, { pageSize: '2m', gpa: 0 }],
    ['under 32-bit paging every page is executable', LEGACY, { execute: false }],
    ['under PAE paging there are no pages of 1g', PAE, { pageSize: '1g', gpa: 0 }],
    ['address is not that of a 4k page', LONG, { address: wordFromHex('0x600001') }],
    ['address is not that of a 2m page', LONG, { pageSize: '2m', address: wordFromHex('0x1000') }],
    ['gpa is not that of a 2m page', LONG, { pageSize: '2m' }],
    ['the tables do not translate every address', LONG, { address: wordFromHex('0x800000000000') }],
    [
      'the tables do not translate every address',
      LONG,
      { address: wordFromHex('0x7ffffffff000'), pages: 2 },
    ],
    [
      'the tables do not translate every address',
      LA57,
      { address: wordFromHex('0xfe00000000000000') },
    ],
    ['the tables do not translate every address', PAE, { address: wordFromHex('0x100000000') }],
    [
      'the tables do not translate every address',
      LEGACY,
      { address: wordFromHex('0xfffff000'), pages: 2 },
    ],
    [
      'the tables do not translate every address',
      LONG,
      { ...ept, address: wordFromHex('0x1000000000000') },
    ],
    ['gpa runs past what entries hold', LEGACY, { gpa: 0x100000000 }],
    ['gpa runs past what entries hold', LONG, { gpa: 2 ** 52 - 4096, pages: 2 }],
    ['tables is not the address of a page', LONG, { tables: 0x8008 }],
    ['root is not an address', LONG, { root: wordFromHex('0x8000000000001000') }],
    ['no memslot holds a table at 0x100000000', LONG, { tables: 0x100000000 }],
    ['no memslot holds a table at 0x100000000', LONG, { root: wordFromHex('0x100000000') }],
  ])('%s', (flaw, regs, range) => {
    expect(planned(regs, range)).toBe(flaw);
  });

  test('a page that is in use is not taken for a table', () => {
    const memory = emptyMemory();
    writeWord(memory, 0x9000, wordFromHex('0x1'));
    expect(planned(LONG, {}, memory)).toBe('the page at 0x9000 is in use');
  });

  test('a large page is not broken up', () => {
    const memory = emptyMemory();
    writeWord(memory, 0x1000, wordFromHex('0x4007'));
    writeWord(memory, 0x4000, wordFromHex('0x87'));
    expect(planned(LONG, {}, memory)).toBe('a large page is in the way, at 0x4000');
  });
});

test.each<[Registers, Partial<TableRange>, boolean]>([
  [LONG, { execute: false }, false],
  [{ ...LONG, efer: 0x500 }, { execute: false }, true],
  [{ ...LONG, efer: 0x500 }, {}, false],
  [{ ...LONG, efer: 0x500 }, { execute: false, format: 'ept' }, false],
])('whether NX is needed: row %#', (regs, range, needed) => {
  expect(needsNx(regs, { ...RANGE, ...range })).toBe(needed);
});
