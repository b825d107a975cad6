import type { Swap } from '../../../mmu/index.js';

/** Swaps after one another may make no more orders of names than these: those of four spaces. */
const ORDERS_MAX = 24;

/** An order of names: one that is known, and the swap that comes after it. */
export interface Order {
  readonly after: number;
  readonly by: number;
}

/** The orders of names that swaps make, the first left out; and the swaps that make not too many. */
export function ordersOf(swaps: readonly Swap[]): { kept: Swap[]; orders: Order[] } {
  let found: { kept: Swap[]; orders: Order[] } = { kept: [], orders: [] };
  for (const swap of swaps) {
    const kept = [...found.kept, swap];
    const orders = closure(kept);
    if (orders.length < ORDERS_MAX) found = { kept, orders };
  }
  return found;
}

/** Every order but the first, or as many as are too many. */
function closure(swaps: readonly Swap[]): Order[] {
  const frames = [...new Set(swaps.flatMap((swap) => [...swap.frames.keys()]))];
  const pcids = [...new Set(swaps.flatMap((swap) => [...swap.pcids.keys()]))];
  const orders: Order[] = [];
  const reached = [{ frames, pcids }];
  const known = new Set([JSON.stringify(reached[0])]);
  for (let after = 0; after < reached.length && orders.length < ORDERS_MAX; after += 1) {
    const order = reached[after] as (typeof reached)[number];
    for (const [by, swap] of swaps.entries()) {
      const next = {
        frames: order.frames.map((frame) => swap.frames.get(frame) ?? frame),
        pcids: order.pcids.map((pcid) => swap.pcids.get(pcid) ?? pcid),
      };
      const text = JSON.stringify(next);
      if (known.has(text)) continue;
      known.add(text);
      reached.push(next);
      orders.push({ after, by });
    }
  }
  return orders;
}
