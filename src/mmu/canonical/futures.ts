import type { Word } from '../machine/index.js';

/** The means that a guest still has, as far as they decide which part of the past matters. */
export interface Futures {
  /** PCIDs that it can come to run under; null for any. */
  readonly pcids: readonly number[] | null;
  /**
   * Whether it can name a VPID under which nothing ran yet. INVVPID makes such a tag known without
   * dropping all of it, and the oracle then allows it whatever was in memory before.
   */
  readonly newVpids: boolean;
  /** CR3 of each PCID that has one alone, whatever happens; the others may come to have several. */
  readonly onlyCr3: ReadonlyMap<number, Word>;
  /** Whether paging-structure caches can be dropped apart from translations, as INVLPG does. */
  readonly structures: boolean;
  /** Whether a table may hold, or have held, an entry of a global page. */
  readonly globals: boolean;
}

/** Nothing is known: whatever a guest may do at all, it may do. */
export const ANY_FUTURE: Futures = {
  pcids: null,
  onlyCr3: new Map(),
  newVpids: true,
  structures: true,
  globals: true,
};
