import type { WireMmu, WireRoot } from '../api/wire.js';

/** A root where it stands: slot 0 is `current`, slot 1 is `prev0`. */
export interface PlacedRoot {
  /** Stays with the root while it moves, so that the move can be seen. */
  readonly key: string;
  readonly slot: number;
  readonly root: WireRoot;
}

/** `current`, `prev0`, `prev1`, ...: as many as the cache has, full or empty. */
export function slotNamesOf(mmu: WireMmu): string[] {
  return ['current', ...mmu.prevRoots.map((_root, index) => `prev${index}`)];
}

/** The roots of a cache in the order of their keys, so that a move never reorders the document. */
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
