import type { LeafEntry } from '../machine/index.js';
import { seam } from '../seam.js';
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

/** Result of a sync: `changed` asks for a flush of every TLB, `failed` for a zap of the page. */
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
export const syncChildren = seam(function syncChildren(
  vm: Vm,
  vcpu: Vcpu,
  parent: ShadowPage,
  emit: Emit,
): SyncTally {
  const done: Done = { pages: 0, changed: 0, zapped: 0, flush: false };
  while (syncBatch(vm, vcpu, parent, done, emit));
  const { pages, changed, zapped, flush } = done;
  if (flush && zapped === 0) flushRemoteTlbs(vm, emit);
  commitZap(vm, zapped, emit);
  return { pages, changed };
});

/** The work of the batches of a sync, and the flush that they still owe. */
interface Done extends SyncTally {
  zapped: number;
  flush: boolean;
}

/** @returns Whether there was anything to sync: then there may be more. */
export const syncBatch = seam(function syncBatch(
  vm: Vm,
  vcpu: Vcpu,
  parent: ShadowPage,
  done: Done,
  emit: Emit,
): boolean {
  const leaves = unsyncBelow(vm.shadow, parent);
  if (leaves.length === 0) return false;
  let isProtected = false;
  for (const { page } of leaves) if (writeProtectGfn(vm, page.gfn)) isProtected = true;
  if (isProtected) {
    flushRemoteTlbs(vm, emit);
    done.flush = false;
  }
  for (const leaf of leaves) {
    unlinkUnsyncPage(vcpu, leaf.page, emit);
    const synced = syncPage(vm, vcpu, leaf.page, emit);
    done.pages += 1;
    if (synced !== 'unchanged') done.changed += 1;
    if (synced === 'failed') done.zapped += prepareZapPage(vm, vcpu, leaf.page, emit);
    if (synced === 'changed') done.flush = true;
    clearParents(leaf);
  }
  return true;
});

/**
 * Brings one page into step with its table. Entries that the guest made present meanwhile stay
 * absent: a fault will make them.
 *
 * @see Linux `FNAME(sync_page)`, arch/x86/kvm/mmu/paging_tmpl.h; `kvm_sync_page()`
 */
export const syncPage = seam(function syncPage(
  vm: Vm,
  vcpu: Vcpu,
  page: ShadowPage,
  emit: Emit,
): Synced {
  if (!isSyncableRole(page.role, vcpu.mmu.role)) return 'failed';
  let changed = false;
  let present = 0;
  for (let index = 0; index < SPTES_PER_PAGE; index += 1) {
    if (spteAt(page, index) === NO_SPTE) continue;
    if (syncSpte(vm, vcpu, page, index, emit)) changed = true;
    if (isPresentSpte(spteAt(page, index))) present += 1;
  }
  if (present === 0 && vm.rules.emptySyncZaps) return 'failed';
  return changed ? 'changed' : 'unchanged';
});

/**
 * Brings one entry that is not empty into step with the guest's.
 *
 * @returns Whether TLBs may hold what it no longer allows.
 * @see Linux `FNAME(sync_spte)`, arch/x86/kvm/mmu/paging_tmpl.h
 */
export const syncSpte = seam(function syncSpte(
  vm: Vm,
  vcpu: Vcpu,
  page: ShadowPage,
  index: number,
  emit: Emit,
): boolean {
  const old = spteAt(page, index);
  const gpte = leafGpte(vm, vcpu, page, index);
  if (gpte === null) {
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
  return syncRights(vm, vcpu, page, index, gpte, emit);
});

/** The entry maps the right frame: what it allows of it follows the guest's. */
export const syncRights = seam(function syncRights(
  vm: Vm,
  vcpu: Vcpu,
  page: ShadowPage,
  index: number,
  gpte: LeafEntry,
  emit: Emit,
): boolean {
  const old = spteAt(page, index);
  if (!vm.rules.syncRemakesUnchanged && gpte.acc === guestAccOfSpte(old)) return false;
  const accessed = !vm.rules.flushesClearedAccessed;
  const wanted = { role: page.role, ...gpte, old, prefetch: true, canUnsync: false, accessed };
  return updateLeaf(vm, page, index, makeSpte(vm, vcpu, wanted, emit));
});
