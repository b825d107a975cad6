/** Numbers that look random, and are the same for the same seed. */
export interface Chance {
  /** An integer from 0 to `below - 1`. */
  below(below: number): number;
  /** One of some. */
  of<T>(choices: readonly T[]): T;
}

/**
 * Mulberry32: 32 bits of state, which is enough to choose commands by.
 *
 * @param seed Any integer; two that differ give two different sequences.
 */
export function createChance(seed: number): Chance {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (bound: number) => Math.floor((next() / 2 ** 32) * bound);
  return { below, of: (choices) => choices[below(choices.length)] as (typeof choices)[number] };
}
