import type { Word } from '../../../mmu/index.js';
import { wordToNumber } from '../../../mmu/index.js';

/** Previous roots up to which hit ratios are worked out. */
export const SLOTS_MAX = 16;
/** Roots that are told apart: beyond, each counts as seen for the first time. */
const ROOTS_MAX = 2 ** 20;

/** Distances after which a vCPU comes back to its roots. */
export interface Reuse {
  readonly vcpu: number;
  readonly mmu: 'cr3' | 'eptp';
  switches: number;
  /** Roots that were never used before. */
  first: number;
  /**
   * Switches by the number of other roots used since: 0 is the current root again, 1 the one before
   * it. The last one holds all that come back later.
   */
  readonly distances: number[];
}

/** The reuse of one vCPU's roots, as it goes on. */
export interface ReuseRun {
  readonly reuse: Reuse;
  /** The vCPU switches to a root. */
  switchTo(root: Word): void;
}

/** Places of the stack that are searched: one beyond the slots that are asked for. */
const DEPTH = SLOTS_MAX + 1;

export function createReuse(vcpu: number, mmu: 'cr3' | 'eptp'): ReuseRun {
  const distances = Array.from({ length: DEPTH + 1 }, () => 0);
  const reuse: Reuse = { vcpu, mmu, switches: 0, first: 0, distances };
  const stack: number[] = [];
  const seen = new Set<number>();
  return {
    reuse,
    switchTo(root) {
      const key = wordToNumber(root);
      reuse.switches += 1;
      const at = stack.indexOf(key);
      if (at !== -1) {
        distances[at] = (distances[at] ?? 0) + 1;
        stack.splice(at, 1);
      } else if (seen.has(key)) distances[DEPTH] = (distances[DEPTH] ?? 0) + 1;
      else {
        reuse.first += 1;
        if (seen.size < ROOTS_MAX) seen.add(key);
      }
      stack.unshift(key);
      if (stack.length > DEPTH) stack.pop();
    },
  };
}

/**
 * Share of the switches that find their root with so many previous roots, by the number of slots:
 * least recently used goes first, and nothing is invalidated.
 *
 * @returns Ratios from 0 to 1 for 0 to {@link SLOTS_MAX} slots; null without a switch.
 */
export function hitRatios({ switches, distances }: Reuse): number[] | null {
  if (switches === 0) return null;
  let hits = 0;
  return distances.slice(0, DEPTH).map((count) => {
    hits += count;
    return hits / switches;
  });
}
