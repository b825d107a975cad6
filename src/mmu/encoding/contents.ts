import type { GuestPages } from '../machine/index.js';
import type { ShadowPage, ShadowPages } from '../state/index.js';

/**
 * Where the contents of pages go, which are most of a state: among the bytes, or beside them, so
 * that states can share what is the same.
 */
export interface ContentsSink {
  memory(pages: GuestPages): void;
  /** @param page One whose entries are not all zero. */
  entries(page: ShadowPage): void;
  /** What follows from the entries of all pages. */
  links(shadow: ShadowPages): void;
}

/** Gives back what a {@link ContentsSink} took, in the same order. */
export interface ContentsSource {
  memory(): GuestPages;
  /** Gives a page its entries. */
  entries(page: ShadowPage): void;
  /** Gives pages their parents, and guest frames the leaves that map them. */
  links(shadow: ShadowPages): void;
}
