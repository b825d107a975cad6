import {
  ACC_ALL,
  ACC_WRITE,
  accOf,
  FORMATS,
  type Format,
  frameOf,
  gfnToGpa,
  hasReservedBit,
  indexOf,
  isLargePage,
  keyRightsOf,
  PT_ACCESSED,
  PT_DIRTY,
  PT_GLOBAL,
  PT_PRESENT,
  pageFrameOf,
  pageOrderOf,
  pagingModeOf,
  type Registers,
  rootTableOf,
  type Word,
} from '../machine/index.js';
import type { Moment } from '../state/index.js';
import type { Span } from './past.js';

/** The write that replaced an entry which a walk had used. */
export interface Replaced {
  readonly moment: Moment;
  /** Guest-physical address of the entry. */
  readonly gpa: number;
}

/** A way in which a walk may have gone, with entries that were in memory at some moment. */
export interface PastWalk {
  /** End of the walk: a page, or an entry that lets nothing through. */
  readonly kind: 'mapped' | 'blocked';
  readonly gfn: number;
  /** Size of the page, as the exponent of so many pages of 4 KiB. */
  readonly order: number;
  /** `ACC_*` bits, not writable unless the leaf was dirty, and the protection key. */
  readonly acc: number;
  readonly isGlobal: boolean;
  /** Time at which the youngest of its entries came to be. */
  readonly from: number;
  /** The first of its entries that was replaced; null while all of them are in memory. */
  readonly replaced: Replaced | null;
  /**
   * Times at which the guest's own entries were replaced, those of an EPT aside: the entry that the
   * walk ended at, and the first one of those above it.
   */
  readonly until: number;
  readonly upperUntil: number;
}

/** A value of an entry of the guest. There are several places if an EPT has led differently. */
export interface PlacedSpan extends Span {
  readonly gpa: number;
  /** The entry of an EPT on the way that was replaced first. */
  readonly eptReplaced: Replaced | null;
}

/** The entries for a search for past walks, and the listener that is told of each walk. */
export interface PastTables {
  entriesAt(gpa: number, bytes: 4 | 8): readonly PlacedSpan[];
  /** Whether an entry lies where memory is read-only, so that A and D cannot be set in it. */
  isFixed(gpa: number): boolean;
  /** @returns Whether to stop. */
  visit(walk: PastWalk): boolean;
}

/** Entries that one search looks at; what is not found by then is not decided. */
export const VISITS_MAX = 4096;

/** A search that became too long. */
export class TooManyWalks extends Error {
  override readonly name = 'TooManyWalks';
}

interface Way {
  level: number;
  table: number;
  acc: number;
  readonly from: number;
  readonly until: number;
  readonly upperUntil: number;
  readonly replaced: Replaced | null;
}

/**
 * Visits every way in which an address may have been translated, each entry as it was at a moment
 * of its own, newest first.
 *
 * @param regs The present registers, except CR3 and PDPTEs, which may be past ones.
 * @returns Whether `visit` stopped the search.
 * @throws {TooManyWalks} If there are more than {@link VISITS_MAX} entries to look at.
 */
export function pastWalks(
  { entriesAt, isFixed, visit }: PastTables,
  regs: Registers,
  address: Word,
  maxphyaddr: number,
): boolean {
  const mode = pagingModeOf(regs);
  if (mode === 'none') return false;
  const format: Format = FORMATS[mode];
  let visits = 0;

  const follow = (way: Readonly<Way>): boolean => {
    const gpa = gfnToGpa(way.table) + indexOf(address, way.level, format) * format.entryBytes;
    for (const span of entriesAt(gpa, format.entryBytes)) {
      visits += 1;
      if (visits > VISITS_MAX) throw new TooManyWalks();
      if (goOn(way, span)) return true;
    }
    return false;
  };

  const goOn = (way: Readonly<Way>, span: PlacedSpan): boolean => {
    const { level } = way;
    const entry = span.value;
    const isLeaf = level === 1 || isLargePage(entry, level, regs, format);
    const isUsable =
      (entry.low & PT_PRESENT) !== 0 &&
      !hasReservedBit(entry, { level, isLeaf, regs, format, maxphyaddr });
    // An entry that is not present or malformed is never cached: it stops no walk once it is gone.
    if (!isUsable) return span.end === null && visit(endOf(narrowed(way, span), BLOCKED));
    // Nor is an entry that was replaced before its A bit was set: a walk would have set the bit.
    const isUnused = (entry.low & PT_ACCESSED) === 0 && !isFixed(span.gpa);
    if (isUnused && span.end !== null) return false;
    const acc = way.acc & accOf(entry, format);
    const next = narrowed(way, span);
    next.acc = acc;
    if (!isLeaf) {
      next.level = level - 1;
      next.table = frameOf(entry, format);
      return follow(next);
    }
    const isClean = (entry.low & PT_DIRTY) === 0 && !isFixed(span.gpa);
    next.acc = isClean ? acc & ~ACC_WRITE : acc;
    next.acc |= keyRightsOf(entry, format);
    const isGlobal = (entry.low & PT_GLOBAL) !== 0;
    const gfn = pageFrameOf(entry, level, address, format);
    return visit(endOf(next, { kind: 'mapped', gfn, order: pageOrderOf(level, format), isGlobal }));
  };

  const table = rootTableOf(regs, mode, address);
  if (table === null) return visit(endOf(START, BLOCKED));
  return follow({ ...START, level: format.levels, table });
}

const START: Readonly<Way> = {
  level: 0,
  table: 0,
  acc: ACC_ALL,
  from: 0,
  until: Number.POSITIVE_INFINITY,
  upperUntil: Number.POSITIVE_INFINITY,
  replaced: null,
};

/** The end of a walk. */
type End = Pick<PastWalk, 'kind' | 'gfn' | 'order' | 'isGlobal'>;

const BLOCKED: End = { kind: 'blocked', gfn: 0, order: 0, isGlobal: false };

/** Field by field, as in {@link narrowed}: to spread objects takes five times as long. */
function endOf(way: Readonly<Way>, { kind, gfn, order, isGlobal }: End): PastWalk {
  const { acc, from, until, upperUntil, replaced } = way;
  return { kind, gfn, order, acc, isGlobal, from, until, upperUntil, replaced };
}

/** A way holds only while every entry on it does. */
function narrowed(way: Readonly<Way>, { from, end, gpa, eptReplaced }: PlacedSpan): Way {
  const own = end === null ? null : { moment: end, gpa };
  return {
    level: way.level,
    table: way.table,
    acc: way.acc,
    from: Math.max(way.from, from),
    until: end?.time ?? Number.POSITIVE_INFINITY,
    upperUntil: Math.min(way.upperUntil, way.until),
    replaced: first(first(way.replaced, own), eptReplaced),
  };
}

/** The one of two entries that was replaced first. */
export function first(a: Replaced | null, b: Replaced | null): Replaced | null {
  if (a === null || b === null) return a ?? b;
  return a.moment.time <= b.moment.time ? a : b;
}
