import { hasDefect } from '../defects/index.js';
import { type Emit, type ShadowPage, SPTES_PER_PAGE, type Vcpu, type Vm } from '../state/index.js';
import { dropLeaf, updateLeaf } from './entries.js';
import { leafGpte } from './gpte.js';
import { clearParents, unsyncBelow } from './links.js';
import { makeSpte } from './make-spte.js';
import { writeProtectGfn } from './rmap.js';
import { isSyncableRole } from './role.js';
import {
  guestAccOfSpte,
  isMmioSpte,
  isPresentSpte,
  mmioSpte,
  NO_SPTE,
  spteAt,
  storeSpte,
  targetOf,
} from './spte.js';
import { unlinkUnsyncPage } from './unsync.js';
import { commitZap, flushRemoteTlbs, prepareZapPage } from './zap.js';

/** What a sync did: `changed` asks for a flush of every TLB, `failed` for a zap of the page. */
export type Synced = 'failed' | 'unchanged' | 'changed';

/** Pages that were brought into step, and those among them whose entries were not right any more. */
export interface SyncTally {
  pages: number;
  changed: number;
}

/**
 * Brings every unsync page below a page into step with the guest's tables, which are
 * write-protected first, so that no write is lost in between.
 *
 * @see Linux `mmu_sync_children()`, arch/x86/kvm/mmu/mmu.c
 */
export function syncChildren(vm: Vm, vcpu: Vcpu, parent: ShadowPage, emit: Emit): SyncTally {
  const tally = { pages: 0, changed: 0 };
  let flush = false;
  let zapped = 0;
  for (;;) {
    const leaves = unsyncBelow(vm.shadow, parent);
    if (leaves.length === 0) break;
    let isProtected = false;
    for (const { page } of leaves) {
      if (hasDefect(vm, 'sync-without-write-protect')) continue;
      if (writeProtectGfn(vm, page.gfn)) isProtected = true;
    }
    if (isProtected) {
      flushRemoteTlbs(vm, emit);
      flush = false;
    }
    for (const leaf of leaves) {
      unlinkUnsyncPage(vcpu, leaf.page, emit);
      const synced = syncPage(vm, vcpu, leaf.page, emit);
      tally.pages += 1;
      if (synced !== 'unchanged') tally.changed += 1;
      if (synced === 'failed') zapped += prepareZapPage(vm, vcpu, leaf.page, emit);
      if (synced === 'changed') flush = true;
      clearParents(leaf);
    }
    if (hasDefect(vm, 'sync-stops-after-batch')) break;
  }
  if (flush && zapped === 0) flushRemoteTlbs(vm, emit);
  commitZap(vm, zapped, emit);
  return tally;
}

/**
 * Brings one page into step with its table. Entries that the guest made present meanwhile stay
 * absent: a fault will make them.
 *
 * @see Linux `FNAME(sync_page)`, arch/x86/kvm/mmu/paging_tmpl.h; `kvm_sync_page()`
 */
export function syncPage(vm: Vm, vcpu: Vcpu, page: ShadowPage, emit: Emit): Synced {
  if (!isSyncableRole(page.role, vcpu.mmu.role)) return 'failed';
  let changed = false;
  let present = 0;
  const end = hasDefect(vm, 'sync-skips-last-entry') ? SPTES_PER_PAGE - 1 : SPTES_PER_PAGE;
  for (let index = 0; index < end; index += 1) {
    if (spteAt(page, index) === NO_SPTE) continue;
    if (syncSpte(vm, vcpu, page, index, emit)) changed = true;
    if (isPresentSpte(spteAt(page, index))) present += 1;
  }
  if (present === 0 && vm.rules.emptySyncZaps) return 'failed';
  return changed ? 'changed' : 'unchanged';
}

/**
 * Brings one entry that is not empty into step with the guest's.
 *
 * @returns Whether TLBs may hold what it no longer allows.
 * @see Linux `FNAME(sync_spte)`, arch/x86/kvm/mmu/paging_tmpl.h
 */
export function syncSpte(vm: Vm, vcpu: Vcpu, page: ShadowPage, index: number, emit: Emit): boolean {
  const old = spteAt(page, index);
  const gpte = leafGpte(vm, vcpu, page, index);
  if (gpte === null) {
    if (hasDefect(vm, 'sync-keeps-absent')) return false;
    dropLeaf(vm, page, index);
    return true;
  }
  if (isMmioSpte(old)) {
    storeSpte(page, index, gpte.gfn === targetOf(old) ? mmioSpte(gpte.gfn) : NO_SPTE);
    return false;
  }
  // Without any right an EPT entry would not even be present.
  if (gpte.gfn !== targetOf(old) || (gpte.acc === 0 && vcpu.mmu.name === 'guest')) {
    dropLeaf(vm, page, index);
    return true;
  }
  if (hasDefect(vm, 'sync-keeps-rights')) return false;
  if (!vm.rules.syncRemakesUnchanged && gpte.acc === guestAccOfSpte(old)) return false;
  const accessed = !vm.rules.flushesClearedAccessed;
  const wanted = { role: page.role, ...gpte, old, prefetch: true, canUnsync: false, accessed };
  return updateLeaf(vm, page, index, makeSpte(vm, vcpu, wanted, emit));
}
