/**
 * The TLB entries that a processor holds for a vCPU, by tag.
 *
 * @see Intel SDM Vol. 3C, "Caching Translation Information"
 */
export interface Tlb {
  readonly contexts: TlbContext[];
  /** Entries in all contexts; {@link resizeTlb} alone changes it. */
  size: number;
  /** The entries of this TLB are counted there as well. */
  readonly total: TlbTotal;
  /** Entries above which the oldest goes; Infinity where nothing goes that was not told to. */
  readonly capacity: number;
  /** Number of entries ever made, which tells old entries from new ones. */
  made: number;
}

/** Entries in the TLBs of all vCPUs of a VM: they are asked for after every command. */
export interface TlbTotal {
  entries: number;
}

/** The entries that share a tag. */
export interface TlbContext extends TlbTag {
  /** Entries by page number of 4 KiB, the oldest first. */
  readonly entries: Map<number, TlbEntry>;
  /** The largest {@link TlbEntry.order} that an entry of it may have. */
  orderMax: number;
}

/** The tag of a translation. */
export interface TlbTag {
  /**
   * `linear`: made without EPT. `combined`: made through an EPT from a linear address.
   * `guest-physical`: made by an EPT alone.
   */
  readonly kind: 'linear' | 'combined' | 'guest-physical';
  /** -1 for a guest-physical mapping, which has none. */
  readonly vpid: number;
  /** -1 for a guest-physical mapping; {@link GLOBAL} for a global page. */
  readonly pcid: number;
  /** Host frame of the EPT root, the hardware's EP4TA; 0 for a linear mapping. */
  readonly root: number;
}

/** A global page serves every PCID of its VPID. */
export const GLOBAL = -2;

/**
 * A cached translation of 4 KiB, which may be one of several that were made of a large page.
 *
 * @see Intel SDM Vol. 3A, "Details of TLB Use"
 */
export interface TlbEntry {
  readonly gfn: number;
  /** Size of the page in the guest's own tables, as the exponent of so many pages of 4 KiB. */
  readonly order: number;
  /** `ACC_*` bits; of a combined mapping also the protection key: see `keyRightsOf()`. */
  readonly acc: number;
  readonly made: number;
}

export function createTlb(capacity: number, total: TlbTotal): Tlb {
  return { contexts: [], size: 0, total, capacity, made: 0 };
}

/** A TLB has so many entries more, or fewer. */
export function resizeTlb(tlb: Tlb, by: number): void {
  tlb.size += by;
  tlb.total.entries += by;
}
