/** A sequence of switches: each number names one of the roots of a guest. */
export interface Mix {
  readonly name: string;
  /** What the cache of one current and three previous roots makes of it. */
  readonly meets: string;
  readonly roots: readonly number[];
}

/** Switches of a pass: enough that no branch predictor learns the random mix by heart. */
const SWITCHES = 4096;

export const MIXES: readonly Mix[] = [
  { name: 'ping-pong of 2', meets: 'hits slot 0', roots: cycleOf(2) },
  { name: 'cycle of 4', meets: 'hits slot 2', roots: cycleOf(4) },
  { name: 'cycle of 8', meets: 'misses', roots: cycleOf(8) },
  { name: 'random of 6', meets: 'hits every slot, and misses', roots: randomOf(6, 1) },
];

function cycleOf(count: number): number[] {
  return Array.from({ length: SWITCHES }, (_, i) => i % count);
}

/** @param seed A positive 32-bit integer: the same seed gives the same sequence. */
function randomOf(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: SWITCHES }, () => {
    // Marsaglia's xorshift, 32 bits.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % count;
  });
}
