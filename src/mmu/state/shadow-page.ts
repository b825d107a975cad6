/**
 * A shadow page, `struct kvm_mmu_page`: the shadow of one guest page table in one role.
 *
 * @see Linux `struct kvm_mmu_page`, arch/x86/kvm/mmu/mmu_internal.h
 */
export interface ShadowPage {
  /** Simulated host frame of the table: given out in rising order, never reused within a VM. */
  readonly hpa: number;
  /** Guest frame of the table that it shadows; 0 for a direct page. */
  readonly gfn: number;
  /** Page role; its `invalid` bit is set when the page is zapped while it is a root. */
  role: number;
  /** Root slots, of all vCPUs and MMUs, that hold the page. */
  rootCount: number;
  /** `mmu_valid_gen`: 0 or 1. A page of the other generation is obsolete. */
  readonly generation: number;
  /** Linked pages below it that are unsync, or lead to some. A root's own table never is. */
  unsyncChildren: number;
}

/** All shadow pages of a VM. */
export interface ShadowPages {
  /** The generation that is valid now: toggled when all pages are zapped at once. */
  generation: number;
  /** Where the next frame comes from. */
  nextHpa: number;
  /** Pages that a fault or a load may find, by guest frame. */
  readonly byGfn: Map<number, ShadowPage[]>;
  /** The same pages, oldest first: `active_mmu_pages`. */
  readonly active: Set<ShadowPage>;
}

/** First simulated host frame. */
const HPA_BASE = 0x100000000;

export function createShadowPages(): ShadowPages {
  return { generation: 0, nextHpa: HPA_BASE, byGfn: new Map(), active: new Set() };
}
