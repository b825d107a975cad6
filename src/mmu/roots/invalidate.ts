import { ep4taOf, isPcide, pcidOf, type Word } from '../machine/index.js';
import type { Invalidation } from '../policies/index.js';
import { clearRequest, hasRequest, KVM_REQ, makeRequest } from '../requests/index.js';
import { CURRENT } from '../schema/index.js';
import { seam } from '../seam.js';
import { isGuestMode, isUnsyncRoot } from '../shadow/index.js';
import {
  currentRoot,
  type Emit,
  type Mmu,
  prevRootCount,
  type RootInfo,
  rootAt,
  type Vcpu,
  type Vm,
} from '../state/index.js';
import { flushTlbGuest } from '../tlb/index.js';
import {
  freeRoots,
  ROOT_CURRENT,
  ROOTS_ALL,
  type RootMask,
  rootMaskOf,
  unloadMmu,
} from './free-roots.js';
import { markRoot } from './marks.js';
import { syncRoots } from './sync-roots.js';

/** Selects the roots that an invalidation covers. */
type Covers = (root: RootInfo, slot: number) => boolean;

/** Roots of one MMU that an invalidation covers. */
export interface Invalidated {
  readonly mmu: Mmu;
  readonly by: Invalidation['by'];
  readonly covers: Covers;
}

/**
 * Lets the policy decide the fate of each root that an invalidation covers, and acts on it: marks
 * at once, and frees together, previous slots first.
 *
 * @returns Whether the current root was freed.
 */
export const invalidateRoots = seam(function invalidateRoots(
  vm: Vm,
  vcpu: Vcpu,
  { mmu, by, covers }: Invalidated,
  emit: Emit,
): boolean {
  let roots: RootMask = 0;
  for (let slot = CURRENT; slot < prevRootCount(mmu); slot += 1) {
    const root = rootAt(mmu, slot);
    if (root === null || !covers(root, slot)) continue;
    const fate = vm.policy.fateOf({
      by,
      of: slot === CURRENT ? 'current' : 'previous',
      pcide: isPcide(vcpu.regs),
      unsync: isUnsyncRoot(root.page),
    });
    if (fate === 'free') roots |= rootMaskOf(slot);
    if (fate === 'mark') markRoot(vm, vcpu, mmu, { slot, cause: by }, emit);
  }
  freeRoots(vm, vcpu, mmu, { roots, cause: by }, emit);
  return (roots & ROOT_CURRENT) !== 0;
});

/**
 * The guest invalidated a PCID by a flushing MOV CR3 or by INVPCID type 1. The active PCID's root is
 * synced and flushed before the next entry; what becomes of the others is the policy's choice.
 *
 * @see Linux `kvm_invalidate_pcid()`, arch/x86/kvm/x86.c
 */
export const invalidatePcid = seam(function invalidatePcid(
  vm: Vm,
  vcpu: Vcpu,
  { pcid, by }: { pcid: number; by: 'mov-cr3' | 'invpcid-single' },
  emit: Emit,
): void {
  const { rules, config } = vm;
  if (config.paging === 'ept' && rules.tdpPcidFlushesGuest) {
    makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_GUEST, emit);
    return;
  }
  const isActive = pcidOf(vcpu.regs.cr3, isPcide(vcpu.regs)) === pcid;
  if (isActive) {
    if (rules.syncOfActivePcid === 'immediate') syncRoots(vm, vcpu, emit);
    else makeRequest(vm, vcpu, KVM_REQ.MMU_SYNC, emit);
    makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_CURRENT, emit);
  }
  const reachesCached = by !== 'mov-cr3' || rules.movCr3ReachesCachedRoots;
  const covers: Covers = ({ pgd }, slot) =>
    slot === CURRENT ? isActive : reachesCached && rootPcidOf(vm, vcpu, pgd) === pcid;
  invalidateRoots(vm, vcpu, { mmu: vcpu.mmu, by, covers }, emit);
});

/** The PCID that a cached root is tagged with. @see Linux `kvm_get_pcid()`, arch/x86/kvm/mmu.h */
export const rootPcidOf = seam(function rootPcidOf(_vm: Vm, { regs }: Vcpu, pgd: Word): number {
  return pcidOf(pgd, isPcide(regs));
});

/**
 * Whether a flush of the guest's whole TLB unloads the MMU, as it did to v5.15: a policy that frees
 * the current root then keeps none. Asked whether or not there is a current root.
 */
export function guestFlushUnloads({ policy }: Vm, { regs, mmu }: Vcpu): boolean {
  const fate = policy.fateOf({
    by: 'guest-flush',
    of: 'current',
    pcide: isPcide(regs),
    unsync: isUnsyncRoot(currentRoot(mmu)?.page ?? null),
  });
  return fate === 'free';
}

/**
 * The guest's whole TLB is flushed: the service of `TLB_FLUSH_GUEST`. With shadow paging the roots
 * are part of that TLB: the current one is synced, and then the others meet the policy, since one
 * that shares its tables is in step by then. Where the MMU is unloaded instead, the load that
 * follows flushes the hardware.
 *
 * @see Linux `kvm_vcpu_flush_tlb_guest()`, arch/x86/kvm/x86.c
 */
export const flushGuest = seam(function flushGuest(
  vm: Vm,
  vcpu: Vcpu,
  emit: Emit,
  causedBy?: number,
): void {
  vcpu.counters.tlbFlush += 1;
  purgeHvFlushes(vm, vcpu);
  if (vm.config.paging === 'shadow') {
    if (guestFlushUnloads(vm, vcpu)) {
      unloadMmu(vm, vcpu, 'guest-flush', emit);
      return;
    }
    const { mmu } = vcpu;
    invalidateRoots(vm, vcpu, { mmu, by: 'guest-flush', covers: isCurrent }, emit);
    syncRoots(vm, vcpu, emit, causedBy);
    invalidateRoots(vm, vcpu, { mmu, by: 'guest-flush', covers: isPrevious }, emit);
  }
  flushTlbGuest(vm, vcpu, emit, causedBy);
});

/**
 * A flush of everything leaves nothing to do for the queue of Hyper-V's flushes; that of L1 stays
 * while L2 runs.
 *
 * @see Linux `kvm_hv_vcpu_purge_flush_tlb()`, arch/x86/kvm/hyperv.h
 */
function purgeHvFlushes({ config }: Vm, vcpu: Vcpu): void {
  if (!config.cpuid.hyperv || !hasRequest(vcpu, KVM_REQ.HV_TLB_FLUSH)) return;
  clearRequest(vcpu, KVM_REQ.HV_TLB_FLUSH);
  if (!vcpu.nested.guestMode) vcpu.hvFlushes.length = 0;
}

/**
 * CR4.PCIDE was set: no architectural flush, but roots that may be stale while PCIDE is clear can
 * now be reached by a no-flush MOV CR3.
 *
 * @see Linux `kvm_post_set_cr4()`, arch/x86/kvm/x86.c
 */
export const pcideEnabled = seam(function pcideEnabled(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  for (const mmu of [vcpu.rootMmu, vcpu.guestMmu]) {
    invalidateRoots(vm, vcpu, { mmu, by: 'pcide-on', covers: everything }, emit);
  }
});

/**
 * L1 executed INVEPT. Single-context covers every root that shares TLB entries with the operand,
 * that is with its EP4TA, whatever the low bits of its EPTP are.
 *
 * @param eptp The operand, or null for all contexts.
 * @see Linux `handle_invept()`, arch/x86/kvm/vmx/nested.c
 */
export const invalidateEpt = seam(function invalidateEpt(
  vm: Vm,
  vcpu: Vcpu,
  eptp: Word | null,
  emit: Emit,
): void {
  const covers: Covers = ({ pgd }) => eptp === null || eptRootMatches(vm, pgd, eptp);
  const by = eptp === null ? 'invept-all' : 'invept-single';
  invalidateRoots(vm, vcpu, { mmu: vcpu.guestMmu, by, covers }, emit);
});

/**
 * Whether a root of `guest_mmu` shares TLB entries with an EPTP.
 *
 * @see Linux `nested_ept_root_matches()`, arch/x86/kvm/vmx/nested.c
 */
export const eptRootMatches = seam(function eptRootMatches(
  _vm: Vm,
  pgd: Word,
  eptp: Word,
): boolean {
  return ep4taOf(pgd) === ep4taOf(eptp);
});

/**
 * L1 executed INVVPID where the host has no EPT: L2's roots in the shared MMU may be stale. The
 * current one is L1's, so it stays.
 *
 * @see Linux `kvm_mmu_free_guest_mode_roots()`, arch/x86/kvm/mmu/mmu.c
 */
export const freeGuestModeRoots = seam(function freeGuestModeRoots(
  vm: Vm,
  vcpu: Vcpu,
  emit: Emit,
): void {
  const { rootMmu } = vcpu;
  let roots: RootMask = vm.rules.invvpidFrees === 'all' ? ROOTS_ALL : 0;
  for (let slot = 0; slot < prevRootCount(rootMmu); slot += 1) {
    const root = rootAt(rootMmu, slot);
    if (root !== null && (root.page === null || isGuestMode(root.page.role))) {
      roots |= rootMaskOf(slot);
    }
  }
  freeRoots(vm, vcpu, rootMmu, { roots, cause: 'invvpid' }, emit);
});

function isCurrent(_root: RootInfo, slot: number): boolean {
  return slot === CURRENT;
}

function isPrevious(_root: RootInfo, slot: number): boolean {
  return slot !== CURRENT;
}

function everything(): boolean {
  return true;
}
