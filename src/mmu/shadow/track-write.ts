import { gpaToGfn, offsetInPage } from '../machine/index.js';
import { KVM_REQ, makeRequest } from '../requests/index.js';
import { seam } from '../seam.js';
import type { Emit, ShadowPage, Vcpu, Vm } from '../state/index.js';
import { zapEntry } from './entries.js';
import { isObsolete, pagesOfGfn } from './pages.js';
import { has4ByteGpte, hasGptes, levelOf, quadrantOf } from './role.js';
import { isPresentSpte, NO_SPTE, spteAt } from './spte.js';
import { commitZap, flushRemoteTlbs, goesWithParent, prepareZapPage } from './zap.js';

/** Writes to a table, without a walk through it in between, after which it is taken for data. */
const FLOODING = 3;

/**
 * KVM wrote guest memory for the guest: what shadows the place is emptied, or zapped if the write
 * does not look like one to a page table.
 *
 * @param bytes 1 to 8; the write does not cross a page.
 * @see Linux `kvm_mmu_track_write()`, arch/x86/kvm/mmu/mmu.c
 */
export const trackWrite = seam(function trackWrite(
  vm: Vm,
  vcpu: Vcpu,
  { gpa, bytes }: { gpa: number; bytes: number },
  emit: Emit,
): void {
  let zapped = 0;
  let flush = false;
  let touched = false;
  for (const page of pagesOfGfn(vm, gpaToGfn(gpa))) {
    if (!hasGptes(page.role) || isObsolete(vm, page)) continue;
    if (isMisaligned(page, gpa, bytes) || isFlooding(page)) {
      zapped += prepareZapPage(vm, vcpu, page, emit);
      continue;
    }
    for (const index of writtenEntries(page, gpa)) {
      const spte = spteAt(page, index);
      touched = true;
      if (spte === NO_SPTE) continue;
      const orphan = zapEntry(vm, page, index);
      if (orphan !== null && vm.rules.trackedWriteZapsOrphans && goesWithParent(vm, orphan)) {
        zapped += prepareZapPage(vm, vcpu, orphan, emit);
      }
      if (isPresentSpte(spte)) flush = true;
    }
  }
  if (zapped > 0) commitZap(vm, zapped, emit);
  else if (flush) flushRemoteTlbs(vm, emit);
  else if (touched && vm.rules.trackedWriteFlushesCurrent) {
    makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_CURRENT, emit);
  }
});

/**
 * A write that does not fall on one entry; a single byte at an entry's start is let through.
 *
 * @see Linux `detect_write_misaligned()`, arch/x86/kvm/mmu/mmu.c
 */
function isMisaligned({ role }: ShadowPage, gpa: number, bytes: number): boolean {
  const entryBytes = has4ByteGpte(role) ? 4 : 8;
  const offset = offsetInPage(gpa);
  if (offset % entryBytes === 0 && bytes === 1) return false;
  const last = offset + bytes - 1;
  return Math.floor(offset / entryBytes) !== Math.floor(last / entryBytes) || bytes < 4;
}

/** Level 1 is left out: its page can become unsync instead. @see `detect_write_flooding()` */
function isFlooding(page: ShadowPage): boolean {
  if (levelOf(page.role) === 1) return false;
  page.writeFloodingCount += 1;
  return page.writeFloodingCount >= FLOODING;
}

/** The entries that shadow a written place. @see Linux `get_written_sptes()` */
function writtenEntries({ role }: ShadowPage, gpa: number): number[] {
  const offset = offsetInPage(gpa);
  if (!has4ByteGpte(role)) return [offset >> 3];
  const entry = offset >> 2;
  if (levelOf(role) === 1) return entry >> 9 === quadrantOf(role) ? [entry & 511] : [];
  // An entry that covers 4 MiB is shadowed by two, of 2 MiB each.
  return entry >> 8 === quadrantOf(role) ? [(entry & 255) * 2, (entry & 255) * 2 + 1] : [];
}

/**
 * KVM gives up shadowing a guest frame, so that it can be written like any other.
 *
 * @see Linux `kvm_mmu_unprotect_page()`, arch/x86/kvm/mmu/mmu.c
 */
export function unprotectGfn(vm: Vm, vcpu: Vcpu, gfn: number, emit: Emit): void {
  let zapped = 0;
  for (const page of pagesOfGfn(vm, gfn)) {
    if (hasGptes(page.role)) zapped += prepareZapPage(vm, vcpu, page, emit);
  }
  commitZap(vm, zapped, emit);
}
