/** Chance that a seed decides: the same seed gives the same numbers, everywhere. */
export interface Chance {
  /** @returns An integer from 0 to `count - 1`. @param count From 1 to 2^32. */
  below(count: number): number;
  /** Whether something happens that has so many chances in a hundred. */
  percent(percent: number): boolean;
  /** Chooses an item of a list that is not empty. */
  of<T>(list: readonly T[]): T;
  /** Chooses a name by its weight; the first, if no weight is above zero. */
  weighed<T extends string>(weights: Readonly<Record<T, number>>): T;
}

const UINT32 = 2 ** 32;

/**
 * The generator "mulberry32" by Tommy Ettinger: 32 bits of state, which is plenty for choices of a
 * few bits each.
 *
 * @param seed An integer from 0 to 2^32 - 1.
 */
export function createChance(seed: number): Chance {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / UINT32;
  };
  const below = (count: number) => Math.floor(next() * count);
  return {
    below,
    percent: (percent) => below(100) < percent,
    of: <T>(list: readonly T[]) => list[below(list.length)] as T,
    weighed: (weights) => weighed(weights, below),
  };
}

function weighed<T extends string>(
  weights: Readonly<Record<T, number>>,
  below: (count: number) => number,
): T {
  const entries = Object.entries(weights) as [T, number][];
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  let left = below(Math.max(total, 1));
  for (const [name, weight] of entries) {
    if (left < weight) return name;
    left -= weight;
  }
  return (entries[0] as [T, number])[0];
}
