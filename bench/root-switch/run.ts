/** Numbers of passes over a sequence: first to warm up, then timed. */
export interface Passes {
  readonly warmUp: number;
  readonly timed: number;
}

/**
 * Summary of a run that depends on its order: two implementations with the same checksum found,
 * missed and evicted the same roots at the same switches.
 */
export interface Checksum {
  /** Digest of the oldest cached root after every switch. */
  readonly digest: number;
  readonly reusedCurrent: number;
  readonly reusedPrevious: number;
  readonly missed: number;
  readonly evicted: number;
  readonly loaded: number;
}

/** Result of one run; `ns` is the time of its timed passes. */
export interface Run {
  readonly ns: number;
  readonly checksum: Checksum;
}

/** Guest frame of the first root's table; the others follow it. */
const FIRST_GFN = 0x100;

export function gfnOf(root: number): number {
  return FIRST_GFN + root;
}
