import { addPage, type PageRuns } from './page-runs.js';

/** A range of guest frames backed by the host. */
export interface Memslot {
  readonly gfn: number;
  readonly pageCount: number;
  /** Frame of the VMM's memory behind the first page: `userspace_addr`, in pages. */
  readonly hostFrame: number;
  /** KVM_MEM_READONLY: a write leaves to the VMM. */
  readonly readOnly: boolean;
  /**
   * KVM_MEM_LOG_DIRTY_PAGES: its pages, from 0, that were written since the log was last asked; null
   * while nothing is logged.
   */
  readonly dirty: PageRuns | null;
}

/** The memslots of a VM. */
export interface Memslots {
  /** Memslots by the number that the VMM gave them; a deleted one leaves a hole. */
  readonly memslots: (Memslot | null)[];
  /**
   * Whether every memslot can be written, logs nothing, and has at each address the VMM's memory of
   * the same address. Most VMs are so, and need not look.
   */
  isPlain: boolean;
}

/** Puts a memslot in its place, or takes it away. @param id Its number. */
export function placeMemslot(slots: Memslots, id: number, memslot: Memslot | null): void {
  const { memslots } = slots;
  for (let hole = memslots.length; hole <= id; hole += 1) memslots[hole] = null;
  memslots[id] = memslot;
  slots.isPlain = arePlain(memslots);
}

export function arePlain(memslots: readonly (Memslot | null)[]): boolean {
  return memslots.every(
    (slot) =>
      slot === null || (slot.hostFrame === slot.gfn && !slot.readOnly && slot.dirty === null),
  );
}

/** The memslot that a guest frame lies in, if it lies in one. */
export function memslotOf({ memslots }: Memslots, gfn: number): Memslot | undefined {
  for (const slot of memslots) {
    if (slot !== null && gfn >= slot.gfn && gfn < slot.gfn + slot.pageCount) return slot;
  }
  return undefined;
}

/** @see Linux `kvm_vcpu_is_visible_gfn()`, virt/kvm/kvm_main.c */
export function isVisibleGfn(slots: Memslots, gfn: number): boolean {
  return memslotOf(slots, gfn) !== undefined;
}

/** @see Linux `memslot_is_readonly()`, virt/kvm/kvm_main.c */
export function isReadOnlyGfn(slots: Memslots, gfn: number): boolean {
  return !slots.isPlain && memslotOf(slots, gfn)?.readOnly === true;
}

/**
 * Frame of the VMM's memory behind a guest frame. A frame in no memslot has the one of its own
 * number: only what is stale leads there.
 *
 * @see Linux `gfn_to_hva()`, virt/kvm/kvm_main.c
 */
export function hostFrameOf(slots: Memslots, gfn: number): number {
  if (slots.isPlain) return gfn;
  const slot = memslotOf(slots, gfn);
  return slot === undefined ? gfn : slot.hostFrame + (gfn - slot.gfn);
}

/** The guest frames with the same memory behind them: a VMM may give one to several memslots. */
export function aliasesOf(slots: Memslots, gfn: number): number[] {
  if (slots.isPlain) return [gfn];
  const frame = hostFrameOf(slots, gfn);
  const aliases = slots.memslots.flatMap((slot) => {
    if (slot === null) return [];
    const page = frame - slot.hostFrame;
    return page >= 0 && page < slot.pageCount ? [slot.gfn + page] : [];
  });
  return aliases.length === 0 ? [gfn] : aliases;
}

/**
 * A page was written, or can be from now on without being noticed.
 *
 * @see Linux `mark_page_dirty_in_slot()`, virt/kvm/kvm_main.c
 */
export function markPageDirty(slots: Memslots, gfn: number): void {
  if (slots.isPlain) return;
  const slot = memslotOf(slots, gfn);
  if (slot?.dirty != null) addPage(slot.dirty, gfn - slot.gfn);
}
