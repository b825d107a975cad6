import { describe, expect, test } from 'vitest';
import { type Word, wordFromNumber } from '../../src/mmu/machine/index.js';
import {
  type PastWalk,
  type PlacedSpan,
  pastWalks,
  TooManyWalks,
  VISITS_MAX,
} from '../../src/mmu/oracle/past-walks.js';
import type { Moment } from '../../src/mmu/state/index.js';
import { createGuest, type Mode } from './paged-guest.js';

/** Linear address 0, whose tables lie in the frames from 1 to 4 under the root, and its page in 5. */
const ADDRESS = { page: 0, low: 0 };
const MAXPHYADDR = 46;
const TABLES = [0x100000, 0x101000, 0x102000, 0x103000] as const;
const PAGE = 0x105000;

/** Present, writable, the user's, accessed, dirty. */
const ALL = 0x67;
const [ACCESSED, DIRTY, LARGE, GLOBAL, USER, WRITABLE, PRESENT] = [
  0x20, 0x40, 0x80, 0x100, 0x4, 0x2, 0x1,
];
const RESERVED = 2 ** 50;

/** What an entry held, from when, and until when; null: it still does. */
interface Held {
  readonly value: number;
  /** Whether bit 63 is set, which no number holds beside the others. */
  readonly isNx?: boolean;
  readonly from?: number;
  readonly until?: number | null;
}

/** Entries by level, 4 being the root's; each newest first. */
type Entries = Readonly<Record<4 | 3 | 2 | 1, readonly Held[]>>;

const NOW: Entries = {
  4: [{ value: TABLES[1] + ALL }],
  3: [{ value: TABLES[2] + ALL }],
  2: [{ value: TABLES[3] + ALL }],
  1: [{ value: PAGE + ALL }],
};

const momentAt = (time: number): Moment => ({ time, nth: time, by: 'write' });

function spansAt(entries: Entries, gpa: number): PlacedSpan[] {
  const level = ([4, 3, 2, 1] as const).find((one) => TABLES[4 - one] === gpa);
  return (level === undefined ? [] : entries[level]).map(
    ({ value, isNx, from = 0, until = null }) => ({
      ...{ value: wordOf(value, isNx), from, gpa, eptReplaced: null },
      end: until === null ? null : momentAt(until),
    }),
  );
}

function wordOf(value: number, isNx = false): Word {
  const { page, low } = wordFromNumber(value);
  return { page: page + (isNx ? 2 ** 51 : 0), low };
}

/** Every way in which the address may have been translated. */
function walksOver(entries: Entries, mode: Mode = '4-level', visits = Number.POSITIVE_INFINITY) {
  const walks: PastWalk[] = [];
  const { vcpu } = createGuest({}, mode);
  const stopped = pastWalks(
    {
      entriesAt: (gpa) => spansAt(entries, gpa),
      isFixed: () => false,
      visit(walk) {
        walks.push(walk);
        return walks.length >= visits;
      },
    },
    vcpu.regs,
    ADDRESS,
    MAXPHYADDR,
  );
  return { walks, stopped };
}

/** `5 rwxu`, or `blocked`: the frame behind the first table, and the rights. */
function textOf({ kind, gfn, acc }: PastWalk): string {
  if (kind === 'blocked') return 'blocked';
  return `${gfn - 0x100} r${acc & 2 ? 'w' : ''}${acc & 1 ? 'x' : ''}${acc & 4 ? 'u' : ''}`;
}
const texts = (entries: Entries) => walksOver(entries).walks.map(textOf);

const LEVELS = [4, 3, 2, 1] as const;
const withEntry = (level: 4 | 3 | 2 | 1, ...held: readonly Held[]): Entries => ({
  ...NOW,
  [level]: held,
});
const valueAt = (level: 4 | 3 | 2 | 1) => (NOW[level][0] as Held).value;

describe.each(LEVELS)('an entry of level %i', (level) => {
  const value = valueAt(level);
  const then = { until: 9 };

  test.each([
    // What stands there: a walk of now ends at what lets nothing through.
    ['as it should be', value, {}, ['5 rwxu']],
    ['not present', value - PRESENT, {}, ['blocked']],
    ['with a reserved bit', value + RESERVED, {}, ['blocked']],
    ['not accessed yet', value - ACCESSED, {}, ['5 rwxu']],
    // What stood there: only what a walk may have used is cached, and no walk uses those.
    ['as it should be, and replaced', value, then, ['5 rwxu']],
    ['not present, and replaced', value - PRESENT, then, []],
    ['with a reserved bit, and replaced', value + RESERVED, then, []],
    ['not accessed, and replaced', value - ACCESSED, then, []],
    // The rights of all entries count.
    ['not writable', value - WRITABLE, {}, ['5 rxu']],
    ['of the supervisor', value - USER, {}, ['5 rwx']],
    ['not executable', value, { isNx: true }, ['5 rwu']],
  ])('%s', (_what, entry, held, expected) => {
    expect(texts(withEntry(level, { value: entry, ...held }))).toEqual(expected);
  });

  test('of each time leads its own way, the newest first', () => {
    const entries = withEntry(level, { value, from: 9 }, { value, until: 9 });
    expect(walksOver(entries).walks.map(({ from }) => from)).toEqual([9, 0]);
  });

  test('holds a way from when it came until it was replaced', () => {
    const entries = withEntry(level, { value, from: 3, until: 9 });
    const never = Number.POSITIVE_INFINITY;
    const gpa = TABLES[4 - level] as number;
    expect(walksOver(entries).walks).toEqual([
      expect.objectContaining({
        from: 3,
        until: level === 1 ? 9 : never,
        upperUntil: level === 1 ? never : 9,
        replaced: { moment: momentAt(9), gpa },
      }),
    ]);
  });
});

describe('a way', () => {
  test('begins with the youngest of its entries, and ends with the first that was replaced', () => {
    const entries: Entries = {
      4: [{ value: valueAt(4), from: 2, until: 30 }],
      3: [{ value: valueAt(3), from: 7, until: 20 }],
      2: [{ value: valueAt(2), from: 5, until: 25 }],
      1: [{ value: valueAt(1), from: 1, until: 40 }],
    };
    expect(walksOver(entries).walks).toEqual([
      expect.objectContaining({
        from: 7,
        until: 40,
        upperUntil: 20,
        replaced: { moment: momentAt(20), gpa: TABLES[1] },
      }),
    ]);
  });

  test('is writable only if its leaf is dirty', () => {
    expect(texts(withEntry(1, { value: valueAt(1) - DIRTY }))).toEqual(['5 rxu']);
    for (const level of [4, 3, 2] as const) {
      expect(texts(withEntry(level, { value: valueAt(level) - DIRTY }))).toEqual(['5 rwxu']);
    }
  });

  // In an entry of the root it is reserved or ignored, by the maker of the processor.
  test.each([3, 2, 1] as const)('is global if its leaf is: G in an entry of level %i', (level) => {
    const { walks } = walksOver(withEntry(level, { value: valueAt(level) + GLOBAL }));
    expect(walks.map(({ isGlobal }) => isGlobal)).toEqual([level === 1]);
  });

  test.each([
    [2, 9],
    [3, 18],
  ] as const)('ends at a large page of level %i', (level, order) => {
    const gpa = 2 ** 30;
    const { walks } = walksOver(withEntry(level, { value: gpa + ALL + LARGE }));
    expect(walks).toEqual([
      expect.objectContaining({ kind: 'mapped', gfn: gpa / 4096, order, isGlobal: false }),
    ]);
  });

  test('is not taken further than the one that was looked for', () => {
    const entries = withEntry(1, { value: valueAt(1), from: 9 }, { value: valueAt(1), until: 9 });
    expect(walksOver(entries, '4-level', 1)).toMatchObject({ walks: [{ from: 9 }], stopped: true });
    expect(walksOver(entries)).toMatchObject({ walks: [{ from: 9 }, { from: 0 }], stopped: false });
  });
});

describe('a search', () => {
  test('of a guest without paging finds no way', () => {
    expect(walksOver(NOW, 'none')).toEqual({ walks: [], stopped: false });
  });

  test('is given up past its bound of entries, and not at it', () => {
    // Three entries lead to the table of level 1.
    const held = (count: number) =>
      withEntry(1, ...Array.from({ length: count }, () => ({ value: valueAt(1), until: 9 })));
    expect(walksOver(held(VISITS_MAX - 3)).walks).toHaveLength(VISITS_MAX - 3);
    expect(() => walksOver(held(VISITS_MAX - 2))).toThrow(TooManyWalks);
  });
});
