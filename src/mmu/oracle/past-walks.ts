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
  readonly level: number;
  readonly table: number;
  readonly acc: number;
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
  { entriesAt, visit }: PastTables,
  regs: Registers,
  address: Word,
  maxphyaddr: number,
): boolean {
  const mode = pagingModeOf(regs);
  if (mode === 'none') return false;
  const format: Format = FORMATS[mode];
  let visits = 0;

  const follow = (way: Way): boolean => {
    const gpa = gfnToGpa(way.table) + indexOf(address, way.level, format) * format.entryBytes;
    for (const span of entriesAt(gpa, format.entryBytes)) {
      visits += 1;
      if (visits > VISITS_MAX) throw new TooManyWalks();
      if (goOn(way, span)) return true;
    }
    return false;
  };

  const goOn = (way: Way, span: PlacedSpan): boolean => {
    const { level } = way;
    const entry = span.value;
    const next = narrowed(way, span);
    const isLeaf = level === 1 || isLargePage(entry, level, regs, format);
    const isUsable =
      (entry.low & PT_PRESENT) !== 0 &&
      !hasReservedBit(entry, { level, isLeaf, regs, format, maxphyaddr });
    // An entry that is not present or malformed is never cached: it stops no walk once it is gone.
    if (!isUsable) return span.end === null && visit({ ...ended(next), kind: 'blocked' });
    // Nor is an entry that was replaced before its A bit was set: a walk would have set the bit.
    if ((entry.low & PT_ACCESSED) === 0 && span.end !== null) return false;
    const acc = way.acc & accOf(entry, format);
    if (!isLeaf) return follow({ ...next, level: level - 1, table: frameOf(entry, format), acc });
    return visit({
      ...ended(next),
      gfn: pageFrameOf(entry, level, address, format),
      order: pageOrderOf(level, format),
      acc: ((entry.low & PT_DIRTY) !== 0 ? acc : acc & ~ACC_WRITE) | keyRightsOf(entry, format),
      isGlobal: (entry.low & PT_GLOBAL) !== 0,
    });
  };

  const table = rootTableOf(regs, mode, address);
  if (table === null) return visit({ ...ended(START), kind: 'blocked' });
  return follow({ ...START, level: format.levels, table });
}

const START: Way = {
  level: 0,
  table: 0,
  acc: ACC_ALL,
  from: 0,
  until: Number.POSITIVE_INFINITY,
  upperUntil: Number.POSITIVE_INFINITY,
  replaced: null,
};

function ended({ acc, from, until, upperUntil, replaced }: Way): PastWalk {
  return {
    ...{ kind: 'mapped', gfn: 0, order: 0, isGlobal: false },
    ...{ acc, from, until, upperUntil, replaced },
  };
}

/** A way holds only while every entry on it does. */
function narrowed(way: Way, { from, end, gpa, eptReplaced }: PlacedSpan): Way {
  const own = end === null ? null : { moment: end, gpa };
  return {
    ...way,
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
