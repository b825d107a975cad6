import { type Word, ZERO } from '../machine/index.js';
import type { ShadowPage } from './shadow-page.js';

/** The `hpa` of a record that holds no root: all ones, to the precision of a number. */
const INVALID_PAGE = 2 ** 64;

/**
 * A root, `struct kvm_mmu_root_info`, and what it owes. As in the kernel it is a record that lives
 * as long as its MMU, and the next root overwrites it.
 *
 * @see Linux `struct kvm_mmu_root_info`, arch/x86/include/asm/kvm_host.h
 */
export interface RootInfo {
  /** CR3 with its PCID, or EPTP with its attributes; 0 for a direct root. */
  pgd: Word;
  hpa: number;
  /** Shadow page of the root; null for a PAE or dummy root, which has none and is never cached. */
  page: ShadowPage | null;
  /** `kvm_mmu_sync_roots()` is due before the root is used. */
  syncDue: boolean;
  /** A flush of the TLB entries that the root may have made is due. */
  flushDue: boolean;
  /** VPIDs under which it ran since they were flushed, a bit each: where its entries may be. */
  ranUnder: number;
}

/** A record that holds no root yet. */
export function createRootInfo(): RootInfo {
  return {
    pgd: ZERO,
    hpa: INVALID_PAGE,
    page: null,
    syncDue: false,
    flushDue: false,
    ranUnder: 0,
  };
}

/** Whether a record holds a root: `VALID_PAGE()`. */
export function isValidRoot({ hpa }: RootInfo): boolean {
  return hpa !== INVALID_PAGE;
}

/** A root takes the place of what a record held; it owes nothing. */
export function fillRoot(root: RootInfo, pgd: Word, hpa: number, page: ShadowPage | null): void {
  root.pgd = pgd;
  root.hpa = hpa;
  root.page = page;
  root.syncDue = false;
  root.flushDue = false;
  root.ranUnder = 0;
}

/** A record holds no root any more, and no page; its `pgd` is stale from then on. */
export function clearRoot(root: RootInfo): void {
  root.hpa = INVALID_PAGE;
  root.page = null;
}
