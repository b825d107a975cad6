import type { GuestPages } from '../machine/index.js';
import type { ShadowPage, ShadowPages } from '../state/index.js';

/**
 * The destination of the contents of pages, which are most of a state: among the bytes, or beside
 * them, so that states can share equal ones. Memory is taken piece by piece.
 */
export interface ContentsSink {
  memory(pages: GuestPages): Iterable<void>;
  /** @param page A page whose entries are not all zero. */
  entries(page: ShadowPage): void;
  /** The links, which follow from the entries of all pages. */
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
