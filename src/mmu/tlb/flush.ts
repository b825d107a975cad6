import type { Word } from '../machine/index.js';
import { seam } from '../seam.js';
import {
  currentRoot,
  type Emit,
  GLOBAL,
  type Mmu,
  type TlbTag,
  type Vcpu,
  type Vm,
} from '../state/index.js';
import { dropFromTlb, dropNumberFromTlb, dropPageFromTlb } from './entries.js';
import { currentVpidOf, physicalTagInUse, vpid01Of, vpidInUse } from './tags.js';

/** The guest runs on the current root, which may leave entries under the VPID in use. */
export function runOnRoot(vcpu: Vcpu): void {
  const root = currentRoot(vcpu.mmu);
  if (root !== null) root.ranUnder |= vpidBit(vcpu, vpidInUse(vcpu));
}

/**
 * Flushes everything that the vCPU may have in a TLB.
 *
 * @see Linux `kvm_vcpu_flush_tlb_all()`; `vmx_flush_tlb_all()`, arch/x86/kvm/vmx/vmx.c
 */
export function flushTlbAll(vcpu: Vcpu, emit: Emit, causedBy?: number): void {
  emit?.(vcpu, flushed({ scope: 'all' }), causedBy);
  dropFromTlb(vcpu.tlb, () => true);
  settleAll(vcpu.rootMmu);
  settleAll(vcpu.guestMmu);
}

/**
 * Flushes the context of the current root: its EP4TA with EPT, otherwise the VPID in use.
 *
 * @see Linux `vmx_flush_tlb_current()`, arch/x86/kvm/vmx/vmx.c
 */
export const flushTlbCurrent = seam(function flushTlbCurrent(
  vm: Vm,
  vcpu: Vcpu,
  emit: Emit,
  causedBy?: number,
): void {
  const root = currentRoot(vcpu.mmu);
  if (root === null) return;
  if (vm.config.paging === 'ept') {
    emit?.(vcpu, flushed({ scope: 'current', root: root.hpa }), causedBy);
    dropFromTlb(vcpu.tlb, (tag) => tag.root === root.hpa);
    settleEp4ta(vcpu.rootMmu, root.hpa);
    settleEp4ta(vcpu.guestMmu, root.hpa);
    return;
  }
  syncVpidContext(vm, vcpu, currentVpidOf(vm, vcpu), emit, causedBy);
});

/** @see Linux `vpid_sync_context()`, arch/x86/kvm/vmx/vmx_ops.h */
export const syncVpidContext = seam(function syncVpidContext(
  _vm: Vm,
  vcpu: Vcpu,
  vpid: number,
  emit: Emit,
  causedBy?: number,
): void {
  emit?.(vcpu, flushed({ scope: 'current', vpid }), causedBy);
  dropFromTlb(vcpu.tlb, (tag) => tag.vpid === vpid);
  settleVpid(vcpu, vpid);
});

/**
 * The hardware half of a guest-wide flush: the linear and combined mappings of the VPID in use.
 * It never reaches guest-physical mappings, so no shadow EPT root is settled by it.
 *
 * @see Linux `vmx_flush_tlb_guest()`, arch/x86/kvm/vmx/vmx.c
 */
export const flushTlbGuest = seam(function flushTlbGuest(
  vm: Vm,
  vcpu: Vcpu,
  emit: Emit,
  causedBy?: number,
): void {
  const vpid = guestFlushVpidOf(vm, vcpu);
  emit?.(vcpu, flushed({ scope: 'guest', vpid }), causedBy);
  dropFromTlb(vcpu.tlb, (tag) => tag.vpid === vpid);
  if (vm.config.paging === 'shadow') settleVpid(vcpu, vpid);
});

/** @see Linux `vmx_flush_tlb_gva()`, arch/x86/kvm/vmx/vmx.c */
export const flushTlbGva = seam(function flushTlbGva(
  vm: Vm,
  vcpu: Vcpu,
  address: Word,
  emit: Emit,
): void {
  flushVpidAddress(vcpu, guestFlushVpidOf(vm, vcpu), address, emit);
});

/**
 * Flushes pages that follow one another, as so many INVVPIDs do.
 *
 * @see Linux `vmx_flush_tlb_gva()`, which `kvm_hv_vcpu_flush_tlb()` calls for each page
 */
export const flushTlbGvas = seam(function flushTlbGvas(
  vm: Vm,
  vcpu: Vcpu,
  { first, count }: { first: number; count: number },
  emit: Emit,
  causedBy?: number,
): void {
  const vpid = guestFlushVpidOf(vm, vcpu);
  const address: Word = { page: first, low: 0 };
  emit?.(vcpu, { ...flushed({ scope: 'address', vpid, address }), pages: count }, causedBy);
  for (let page = first; page < first + count; page += 1) {
    dropPageFromTlb(vcpu.tlb, (tag) => tag.vpid === vpid, page);
  }
});

/** Every mapping of one VPID: INVVPID on behalf of L1. */
export function flushVpid(vm: Vm, vcpu: Vcpu, vpid: number, emit: Emit): void {
  emit?.(vcpu, flushed({ scope: 'context', vpid }));
  dropFromTlb(vcpu.tlb, (tag) => tag.vpid === vpid);
  if (vm.config.paging === 'shadow') settleVpid(vcpu, vpid);
}

/** Flushes an address of one VPID, under every PCID: INVVPID type 0. */
export function flushVpidAddress(vcpu: Vcpu, vpid: number, address: Word, emit: Emit): void {
  emit?.(vcpu, flushed({ scope: 'address', vpid, address }));
  dropPageFromTlb(vcpu.tlb, (tag) => tag.vpid === vpid, address.page);
}

/** The flush of an instruction that the processor executes itself, without an exit. */
export interface CpuFlush {
  readonly scope: 'context' | 'pcid' | 'address';
  /** Under this PCID alone; every one unless told. */
  readonly pcid?: number;
  readonly address?: Word;
  /** Whether global pages go as well. */
  readonly globals: boolean;
}

/** The processor drops entries of the VPID in use, and of no other. */
export const cpuFlush = seam(function cpuFlush(
  _vm: Vm,
  vcpu: Vcpu,
  what: CpuFlush,
  emit: Emit,
): void {
  const { scope, pcid, address, globals } = what;
  const vpid = vpidInUse(vcpu);
  emit?.(vcpu, { ...flushed({ scope, pcid, address, vpid }), by: 'cpu' });
  const isMeant = (tag: TlbTag) =>
    tag.vpid === vpid && (tag.pcid === GLOBAL ? globals : pcid === undefined || tag.pcid === pcid);
  if (address === undefined) dropFromTlb(vcpu.tlb, isMeant);
  else dropPageFromTlb(vcpu.tlb, isMeant, address.page);
});

/**
 * Drops, as a page fault does, every translation of the address, whichever EPT made it.
 *
 * @param tag Tag of the access: by now its context may have been left to handle the fault.
 * @see Intel SDM Vol. 3A, "Operations that Invalidate TLBs and Paging-Structure Caches"
 */
export function dropFaulted({ tlb }: Vcpu, { page }: Word, { vpid, pcid }: TlbTag): void {
  const isMeant = (tag: TlbTag) => tag.vpid === vpid && (tag.pcid === pcid || tag.pcid === GLOBAL);
  dropPageFromTlb(tlb, isMeant, page);
}

/**
 * Drops, as an EPT violation on the way of a linear address does, the translations of the address
 * that the EPT in use has made. The manual says of page faults alone that the rest of a large page
 * is forgotten too.
 *
 * @param tag Tag of the access: by now its context may have been left to handle the violation.
 */
export function dropAddress({ tlb }: Vcpu, { page }: Word, { vpid, pcid, root }: TlbTag): void {
  const isMeant = (tag: TlbTag) =>
    tag.vpid === vpid && tag.root === root && (tag.pcid === pcid || tag.pcid === GLOBAL);
  dropNumberFromTlb(tlb, isMeant, page);
}

/** An EPT violation: the processor forgets what it has cached of the guest-physical address. */
export function dropPhysical(vcpu: Vcpu, { page }: Word): void {
  const { root } = physicalTagInUse(vcpu);
  const isMeant = (tag: TlbTag) => tag.kind === 'guest-physical' && tag.root === root;
  dropNumberFromTlb(vcpu.tlb, isMeant, page);
}

/** To v5.15 the guest and address flushes named vpid01, even while L2 ran. */
function guestFlushVpidOf(vm: Vm, vcpu: Vcpu): number {
  return vm.rules.l2Vpid === 'vpid01-for-guest' ? vpid01Of(vcpu) : currentVpidOf(vm, vcpu);
}

/** All entries are gone. A record that holds no root may be settled like any other. */
function settleAll({ slots }: Mmu): void {
  for (const root of slots) {
    root.ranUnder = 0;
    root.flushDue = false;
  }
}

/** The entries of one EP4TA are gone: those of every slot that holds its root. */
function settleEp4ta({ slots }: Mmu, hpa: number): void {
  for (const root of slots) if (root.hpa === hpa) root.flushDue = false;
}

/**
 * The entries of one VPID are gone, under shadow paging, where all roots are those of `root_mmu`. A
 * root that may have left some under the other VPID as well, because L1 gave its L2 a VPID or took
 * it away, owes that flush still.
 */
function settleVpid(vcpu: Vcpu, vpid: number): void {
  const kept = ~vpidBit(vcpu, vpid);
  for (const root of vcpu.rootMmu.slots) {
    root.ranUnder &= kept;
    if (root.ranUnder === 0) root.flushDue = false;
  }
}

function vpidBit(vcpu: Vcpu, vpid: number): number {
  return vpid === vpid01Of(vcpu) ? 1 : 2;
}

interface Flushed {
  readonly scope: 'all' | 'current' | 'guest' | 'address' | 'pcid' | 'context';
  readonly vpid?: number;
  readonly pcid?: number | undefined;
  readonly root?: number;
  readonly address?: Word | undefined;
}

function flushed({ scope, vpid, pcid, root, address }: Flushed) {
  return {
    kind: 'tlb-flushed',
    by: 'kvm',
    scope,
    vpid: vpid ?? null,
    pcid: pcid ?? null,
    root: root ?? null,
    address: address ?? null,
  } as const;
}
