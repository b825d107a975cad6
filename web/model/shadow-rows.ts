import type { WireShadowPage } from '../api/wire.js';

/** A shadow page and its place in the tree. */
export interface ShadowRow {
  readonly page: WireShadowPage;
  /** 0 for a page at the top. */
  readonly depth: number;
  /** Index of the entry above that links to it; null at the top. */
  readonly index: number | null;
}

/** @param pages Shadow pages, depth first: a page comes before the pages that it links. */
export function shadowRowsOf(pages: readonly WireShadowPage[]): ShadowRow[] {
  const topLevel = pages[0]?.level ?? 0;
  /** The page above, by depth. */
  const above: WireShadowPage[] = [];
  return pages.map((page) => {
    const depth = topLevel - page.level;
    const parent = above[depth - 1];
    above[depth] = page;
    const index = page.parents.find(({ hpa }) => hpa === parent?.hpa)?.index ?? null;
    return { page, depth, index };
  });
}
