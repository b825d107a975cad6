/** Chance that comes from a seed. */
export interface Chance {
  /** A whole number from 0 up to, but not including, `bound`. */
  readonly below: (bound: number) => number;
}

/** @see Marsaglia, "Xorshift RNGs" */
export function createChance(seed: number): Chance {
  let state = seed | 0 || 1;
  return {
    below: (bound) => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % bound;
    },
  };
}
