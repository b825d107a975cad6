import type { Word } from '../machine/index.js';
import { type Emit, type Mmu, type RootInfo, type Vcpu, type Vm, vpidOf } from '../state/index.js';

/**
 * The hardware VPID under which a vCPU runs L1. KVM gives every vCPU one for L1 and one for L2,
 * whatever vpid12 says.
 *
 * @see Linux `allocate_vpid()`, arch/x86/kvm/vmx/vmx.c
 */
function vpid01Of({ index }: Vcpu): number {
  return 2 * index + 1;
}

/** The hardware VPID under which a vCPU runs L2. */
export function vpid02Of({ index }: Vcpu): number {
  return 2 * index + 2;
}

/** The guest runs on the current root, which may leave entries under the VPID in use. */
export function runOnRoot(vm: Vm, vcpu: Vcpu): void {
  const { root } = vcpu.mmu;
  if (root !== null) root.ranUnder |= vpidBit(vcpu, currentVpidOf(vm, vcpu));
}

/**
 * Flushes everything that the vCPU may have in a TLB.
 *
 * @see Linux `kvm_vcpu_flush_tlb_all()`; `vmx_flush_tlb_all()`, arch/x86/kvm/vmx/vmx.c
 */
export function flushTlbAll(vcpu: Vcpu, emit: Emit, causedBy?: number): void {
  emit?.(vcpu, flushed({ scope: 'all' }), causedBy);
  forEachRoot(vcpu, (root) => {
    root.ranUnder = 0;
    root.flushDue = false;
  });
}

/**
 * Flushes the context of the current root: its EP4TA with EPT, otherwise the VPID in use.
 *
 * @see Linux `vmx_flush_tlb_current()`, arch/x86/kvm/vmx/vmx.c
 */
export function flushTlbCurrent(vm: Vm, vcpu: Vcpu, emit: Emit, causedBy?: number): void {
  const { root } = vcpu.mmu;
  if (root === null) return;
  if (vm.config.paging === 'ept') {
    emit?.(vcpu, flushed({ scope: 'current', root: root.hpa }), causedBy);
    forEachRoot(vcpu, (other) => {
      if (other.hpa === root.hpa) other.flushDue = false;
    });
    return;
  }
  const vpid = currentVpidOf(vm, vcpu);
  emit?.(vcpu, flushed({ scope: 'current', vpid }), causedBy);
  settleVpid(vcpu, vpid);
}

/**
 * The hardware half of a guest-wide flush: the linear and combined mappings of the VPID in use.
 * It never reaches guest-physical mappings, so no shadow EPT root is settled by it.
 *
 * @see Linux `vmx_flush_tlb_guest()`, arch/x86/kvm/vmx/vmx.c
 */
export function flushTlbGuest(vm: Vm, vcpu: Vcpu, emit: Emit, causedBy?: number): void {
  const vpid = guestFlushVpidOf(vm, vcpu);
  emit?.(vcpu, flushed({ scope: 'guest', vpid }), causedBy);
  if (vm.config.paging === 'shadow') settleVpid(vcpu, vpid);
}

/** @see Linux `vmx_flush_tlb_gva()`, arch/x86/kvm/vmx/vmx.c */
export function flushTlbGva(vm: Vm, vcpu: Vcpu, address: Word, emit: Emit): void {
  emit?.(vcpu, flushed({ scope: 'address', vpid: guestFlushVpidOf(vm, vcpu), address }));
}

/** Every mapping of one VPID: INVVPID on behalf of L1. */
export function flushVpid(vm: Vm, vcpu: Vcpu, vpid: number, emit: Emit): void {
  emit?.(vcpu, flushed({ scope: 'context', vpid }));
  if (vm.config.paging === 'shadow') settleVpid(vcpu, vpid);
}

/** One address of one VPID: INVVPID type 0 on behalf of L1. */
export function flushVpidAddress(vcpu: Vcpu, vpid: number, address: Word, emit: Emit): void {
  emit?.(vcpu, flushed({ scope: 'address', vpid, address }));
}

/** What the processor drops when it executes an instruction itself, without an exit. */
export function cpuFlush(
  vm: Vm,
  vcpu: Vcpu,
  what: { scope: 'context' | 'pcid' | 'address'; pcid?: number; address?: Word },
  emit: Emit,
): void {
  emit?.(vcpu, { ...flushed({ ...what, vpid: currentVpidOf(vm, vcpu) }), by: 'cpu' });
}

/** @see Linux `vmx_get_current_vpid()`, arch/x86/kvm/vmx/vmx.c */
function currentVpidOf({ rules }: Vm, vcpu: Vcpu): number {
  const { nested } = vcpu;
  if (!nested.guestMode) return vpid01Of(vcpu);
  if (rules.l2Vpid !== 'vpid02-if-vpid12' || nested.currentVmcs === null) return vpid02Of(vcpu);
  return vpidOf(nested.currentVmcs) === null ? vpid01Of(vcpu) : vpid02Of(vcpu);
}

/** To v5.15 the guest and address flushes named vpid01, even while L2 ran. */
function guestFlushVpidOf(vm: Vm, vcpu: Vcpu): number {
  return vm.rules.l2Vpid === 'vpid01-for-guest' ? vpid01Of(vcpu) : currentVpidOf(vm, vcpu);
}

/**
 * The entries of one VPID are gone, under shadow paging, where all roots are those of `root_mmu`. A
 * root that may have left some under the other VPID as well, because L1 gave its L2 a VPID or took
 * it away, owes that flush still.
 */
function settleVpid(vcpu: Vcpu, vpid: number): void {
  const { root, prevRoots } = vcpu.rootMmu;
  const kept = ~vpidBit(vcpu, vpid);
  if (root !== null) settleVpidOf(root, kept);
  for (const prev of prevRoots) if (prev !== null) settleVpidOf(prev, kept);
}

function settleVpidOf(root: RootInfo, kept: number): void {
  root.ranUnder &= kept;
  if (root.ranUnder === 0) root.flushDue = false;
}

function vpidBit(vcpu: Vcpu, vpid: number): number {
  return vpid === vpid01Of(vcpu) ? 1 : 2;
}

function forEachRoot({ rootMmu, guestMmu }: Vcpu, act: (root: RootInfo) => void): void {
  forEachRootOf(rootMmu, act);
  forEachRootOf(guestMmu, act);
}

function forEachRootOf({ root, prevRoots }: Mmu, act: (root: RootInfo) => void): void {
  if (root !== null) act(root);
  for (const prev of prevRoots) if (prev !== null) act(prev);
}

interface Flushed {
  readonly scope: 'all' | 'current' | 'guest' | 'address' | 'pcid' | 'context';
  readonly vpid?: number;
  readonly pcid?: number;
  readonly root?: number;
  readonly address?: Word;
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
