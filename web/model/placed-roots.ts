import type { WireMmu, WireRoot } from '../api/wire.js';

/** A root and its slot: 0 is `current`, 1 is `prev0`. */
export interface PlacedRoot {
  /** Key that stays with the root when it changes its slot, so that the move is animated. */
  readonly key: string;
  readonly slot: number;
  readonly root: WireRoot;
}

/** Names of all slots of the cache, full or empty: `current`, `prev0`, `prev1`, ... */
export function slotNamesOf(mmu: WireMmu): string[] {
  return ['current', ...mmu.prevRoots.map((_root, index) => `prev${index}`)];
}

/** The roots of a cache in the order of their keys, so that a move does not reorder the page. */
export function placedRootsOf(mmu: WireMmu): PlacedRoot[] {
  const times = new Map<string, number>();
  const placed: PlacedRoot[] = [];
  for (const [slot, root] of [mmu.root, ...mmu.prevRoots].entries()) {
    if (root === null) continue;
    const name = `${root.hpa}/${root.pgd}`;
    const time = times.get(name) ?? 0;
    times.set(name, time + 1);
    placed.push({ key: `${name}/${time}`, slot, root });
  }
  return placed.sort((a, b) => (a.key < b.key ? -1 : 1));
}
