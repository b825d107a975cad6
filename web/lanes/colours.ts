import type { Timeline } from '../api/timeline.js';
import { LOOKS } from './palette.js';
import type { Viewport } from './viewport.js';

/** Index in `LOOKS` by pgd. A pgd without one is drawn in the neutral look. */
export type Colours = ReadonlyMap<string, number>;

/**
 * Gives looks to the pgds that fill most of the window. A pgd that had one keeps it as long as it
 * is among them.
 */
export function coloursFor(timeline: Timeline, view: Viewport, before: Colours): Colours {
  const weights = weightsIn(timeline, view);
  const heaviest = [...weights]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, LOOKS.length)
    .map(([pgd]) => pgd);
  const kept = heaviest.filter((pgd) => before.has(pgd));
  const taken = new Set(kept.map((pgd) => before.get(pgd)));
  const free = LOOKS.map((_, index) => index).filter((index) => !taken.has(index));
  const looks = new Map<string, number>();
  for (const pgd of heaviest) {
    const look = before.get(pgd) ?? free.shift();
    if (look !== undefined) looks.set(pgd, look);
  }
  return looks;
}

/** Sum of the `seq` that each pgd fills; as the current root it counts double. */
function weightsIn({ vcpus, to: last }: Timeline, view: Viewport): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const { roots } of vcpus) {
    for (const { slot, spans } of roots) {
      for (const { from, to, pgd } of spans) {
        const seen = Math.min(to ?? last + 1, view.to) - Math.max(from, view.from);
        if (seen <= 0) continue;
        weights.set(pgd, (weights.get(pgd) ?? 0) + seen * (slot === 'current' ? 2 : 1));
      }
    }
  }
  return weights;
}
