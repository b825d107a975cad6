/** How often a sequence is switched through: first to warm up, then against the clock. */
export interface Passes {
  readonly warmUp: number;
  readonly timed: number;
}

/**
 * What a run did, down to its order: two implementations with the same checksum have found, missed
 * and evicted the same roots at the same switches.
 */
export interface Checksum {
  /** Of the oldest cached root after every switch. */
  readonly digest: number;
  readonly reusedCurrent: number;
  readonly reusedPrevious: number;
  readonly missed: number;
  readonly evicted: number;
  readonly loaded: number;
}

/** The outcome of one run; `ns` is that of its timed passes. */
export interface Run {
  readonly ns: number;
  readonly checksum: Checksum;
}

/** Guest frame of the first root's table; the others follow it. */
const FIRST_GFN = 0x100;

export function gfnOf(root: number): number {
  return FIRST_GFN + root;
}
