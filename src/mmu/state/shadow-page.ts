/**
 * A shadow page, `struct kvm_mmu_page`: the shadow of one guest page table in one role, or, if its
 * role is direct, the map of a range of guest frames.
 *
 * @see Linux `struct kvm_mmu_page`, arch/x86/kvm/mmu/mmu_internal.h
 */
export interface ShadowPage {
  /** Index in {@link ShadowPages.table}, by which the entries of parents name the page. */
  readonly id: number;
  /** Simulated host frame of the table: given out in rising order, never reused within a VM. */
  readonly hpa: number;
  /** Guest frame of the table that it shadows; first frame that a direct page maps. */
  readonly gfn: number;
  /** Whether the page belongs to the MMU that maps memory directly under EPT: `tdp_mmu_page`. */
  readonly tdp: boolean;
  /** Page role; its `invalid` bit is set when the page is zapped. */
  role: number;
  /** Root slots, of all vCPUs and MMUs, that hold the page. */
  rootCount: number;
  /** `mmu_valid_gen`: 0 or 1. A page of the other generation is obsolete. */
  readonly generation: number;
  /** 512 entries in the layout of shadow/spte.ts; null while all of them are zero. */
  spt: Float64Array | null;
  /** A frozen state holds the same entries: before one is stored, they are copied. */
  isSptShared: boolean;
  /** Out of step with the guest's table, which the guest may write. Only ever at level 1. */
  unsync: boolean;
  /** Number of set bits in `unsyncChildBitmap`. */
  unsyncChildren: number;
  /** Entries below which something is, or was, unsync; cleared lazily. Null while none is set. */
  unsyncChildBitmap: Uint32Array | null;
  /** Intercepted writes since a walk last went through the page. */
  writeFloodingCount: number;
  /** Entries that link it, as {@link spteRef} names them. */
  readonly parents: number[];
  /** The next older page of the same frame. */
  sibling: ShadowPage | null;
}

/** All shadow pages of a VM. */
export interface ShadowPages {
  /** The generation that is valid now: toggled when all pages are zapped at once. */
  generation: number;
  /** The next frame to give out. */
  nextHpa: number;
  /** Every page by its id; a null place is free. */
  readonly table: (ShadowPage | null)[];
  /** Free places of the table, the next one last. */
  readonly freeIds: number[];
  /** Roots of the MMU that maps memory directly under EPT, newest first: `tdp_mmu_roots`. */
  readonly tdpRoots: ShadowPage[];
  /** Newest valid page of each guest frame: `mmu_page_hash`. */
  readonly byGfn: Map<number, ShadowPage>;
  /** The valid pages that can be recycled or become obsolete, oldest first: `active_mmu_pages`. */
  readonly active: Set<ShadowPage>;
  /** Leaf entries that map each guest frame, as {@link spteRef} names them: `rmap`. */
  readonly rmaps: Map<number, number[]>;
  /** Number of shadow pages above level 1 by guest frame: writes to the frame are intercepted. */
  readonly writeTracked: Map<number, number>;
}

/** First simulated host frame. */
export const HPA_BASE = 0x100000000;

export const SPTES_PER_PAGE = 512;

export function createShadowPages(): ShadowPages {
  return {
    generation: 0,
    nextHpa: HPA_BASE,
    table: [],
    freeIds: [],
    tdpRoots: [],
    byGfn: new Map(),
    active: new Set(),
    rmaps: new Map(),
    writeTracked: new Map(),
  };
}

/** Names one entry of one page. */
export function spteRef({ id }: ShadowPage, index: number): number {
  return id * SPTES_PER_PAGE + index;
}

/** The page that a reference to an entry is in. */
export function pageOfRef({ table }: ShadowPages, ref: number): ShadowPage {
  return table[Math.floor(ref / SPTES_PER_PAGE)] as ShadowPage;
}

export function indexOfRef(ref: number): number {
  return ref % SPTES_PER_PAGE;
}
