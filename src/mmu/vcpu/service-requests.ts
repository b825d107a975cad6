import { isPaePaging } from '../machine/index.js';
import {
  clearRequest,
  hasRequest,
  KVM_REQ,
  makeRequest,
  type Request,
  requestNameOf,
} from '../requests/index.js';
import { flushGuest, freeObsoleteRoots, loadPdptrs, syncRoots, unloadMmu } from '../roots/index.js';
import type { Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import { type Emit, eptpOf, type Vcpu, type Vm } from '../state/index.js';
import { flushTlbAll, flushTlbCurrent } from '../tlb/index.js';
import { serviceHvFlush } from './hv-flush.js';
import { recordStealTime } from './steal-time.js';

/**
 * Services the pending requests in the kernel's order. A sync precedes the load of the root into
 * hardware, which precedes the flushes: no stale translation can be cached in between.
 *
 * @returns Whether that was all, or the reason why the vCPU does not run.
 * @see Linux `vcpu_enter_guest()`, arch/x86/kvm/x86.c
 */
export function serviceRequests(vm: Vm, vcpu: Vcpu, emit: Emit): Serviced {
  let passed = 0;
  for (;;) {
    // A request that is raised meanwhile, and comes later in the order, is serviced on the way.
    const pending = vcpu.requests & ~passed;
    if (pending === 0) return 'all';
    const request = (pending & -pending) as Request;
    passed |= request | (request - 1);
    serviceRequest(vm, vcpu, request, emit);
    if (request === KVM_REQ.TRIPLE_FAULT) return 'triple-fault';
    const isRestoring = request === KVM_REQ.GET_NESTED_STATE_PAGES;
    if (isRestoring && !getNestedStatePages(vm, vcpu, emit)) return 'no-pages';
  }
}

/** The end of a service: `no-pages`, the state of a restored L2 could not be completed. */
export type Serviced = 'all' | 'triple-fault' | 'no-pages';

/**
 * Completes the state of an L2 that goes on from saved state: the PDPTEs of one that KVM shadows are
 * read from memory, which the VMM had to put there first. Its other pages hold no translation.
 *
 * @returns False if they may not be loaded.
 * @see Linux `nested_get_vmcs12_pages()`, arch/x86/kvm/vmx/nested.c
 */
function getNestedStatePages(vm: Vm, vcpu: Vcpu, emit: Emit): boolean {
  const { regs, nested } = vcpu;
  const vmcs12 = nested.guestMode ? nested.currentVmcs : null;
  if (vmcs12 === null || vm.rules.restoredPdptes === 'at-once') return true;
  if (eptpOf(vmcs12) !== null || !isPaePaging(regs)) return true;
  return loadPdptrs(vm, vcpu, regs.cr3, emit);
}

/**
 * Services the flush requests that must hit the context which is about to be left.
 *
 * @see Linux `kvm_service_local_tlb_flush_requests()`, arch/x86/kvm/x86.c
 */
export function serviceLocalTlbFlushRequests(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  if (hasRequest(vcpu, KVM_REQ.TLB_FLUSH_CURRENT))
    serviceRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_CURRENT, emit);
  if (
    vm.rules.transitionServices === 'current-and-guest' &&
    hasRequest(vcpu, KVM_REQ.TLB_FLUSH_GUEST)
  ) {
    serviceRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_GUEST, emit);
  }
}

/**
 * KVM has no way on with a vCPU: a triple fault is requested, and the vCPU shuts down before it runs
 * again.
 */
export function tripleFault(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome {
  makeRequest(vm, vcpu, KVM_REQ.TRIPLE_FAULT, emit);
  serviceRequests(vm, vcpu, emit);
  return { kind: 'shutdown' };
}

/** Services one pending request. */
export function serviceRequest(vm: Vm, vcpu: Vcpu, request: Request, emit: Emit): void {
  clearRequest(vcpu, request);
  const cause = emit?.(vcpu, {
    kind: 'request-serviced',
    request: requestNameOf(request),
  });
  switch (request) {
    case KVM_REQ.GET_NESTED_STATE_PAGES:
      break; // The caller gets them, and stops if it cannot.
    case KVM_REQ.MMU_RELOAD:
      unloadMmu(vm, vcpu, 'unload', emit);
      break;
    case KVM_REQ.MMU_FREE_OBSOLETE_ROOTS:
      freeObsoleteRoots(vm, vcpu, emit);
      break;
    case KVM_REQ.MMU_SYNC:
      syncCurrent(vm, vcpu, emit, cause);
      break;
    case KVM_REQ.LOAD_MMU_PGD:
      break; // The root goes into GUEST_CR3 or the EPTP; the model's hardware reads it there.
    case KVM_REQ.TLB_FLUSH:
      flushAll(vm, vcpu, emit, cause);
      break;
    case KVM_REQ.TLB_FLUSH_CURRENT:
      flushCurrent(vm, vcpu, emit, cause);
      break;
    case KVM_REQ.TLB_FLUSH_GUEST:
      flushGuest(vm, vcpu, emit, cause);
      break;
    case KVM_REQ.HV_TLB_FLUSH:
      serviceHvFlush(vm, vcpu, emit, cause);
      break;
    case KVM_REQ.TRIPLE_FAULT:
      break; // The caller leaves to the VMM.
    case KVM_REQ.STEAL_UPDATE:
      recordStealTime(vm, vcpu, emit, cause);
      break;
  }
}

/** The service of `MMU_SYNC`. */
export const syncCurrent = seam(function syncCurrent(
  vm: Vm,
  vcpu: Vcpu,
  emit: Emit,
  cause?: number,
): void {
  syncRoots(vm, vcpu, emit, cause);
});

/** @see Linux `kvm_vcpu_flush_tlb_all()`, arch/x86/kvm/x86.c */
export const flushAll = seam(function flushAll(
  _vm: Vm,
  vcpu: Vcpu,
  emit: Emit,
  cause?: number,
): void {
  vcpu.counters.tlbFlush += 1;
  clearRequest(vcpu, KVM_REQ.TLB_FLUSH_CURRENT);
  flushTlbAll(vcpu, emit, cause);
});

/** @see Linux `kvm_vcpu_flush_tlb_current()`, arch/x86/kvm/x86.c */
export const flushCurrent = seam(function flushCurrent(
  vm: Vm,
  vcpu: Vcpu,
  emit: Emit,
  cause?: number,
): void {
  vcpu.counters.tlbFlush += 1;
  flushTlbCurrent(vm, vcpu, emit, cause);
});
