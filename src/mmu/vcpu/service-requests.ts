import {
  clearRequest,
  hasRequest,
  KVM_REQ,
  makeRequest,
  type Request,
  requestNameOf,
} from '../requests/index.js';
import { flushGuest, freeObsoleteRoots, syncRoots, unloadMmu } from '../roots/index.js';
import type { Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { flushTlbAll, flushTlbCurrent } from '../tlb/index.js';
import { serviceHvFlush } from './hv-flush.js';
import { recordStealTime } from './steal-time.js';

/**
 * Services the pending requests in the kernel's order. A sync precedes the load of the root into
 * hardware, which precedes the flushes: no stale translation can be cached in between.
 *
 * @returns False if the vCPU shuts down on a triple fault.
 * @see Linux `vcpu_enter_guest()`, arch/x86/kvm/x86.c
 */
export function serviceRequests(vm: Vm, vcpu: Vcpu, emit: Emit): boolean {
  let passed = 0;
  for (;;) {
    // A request that is raised meanwhile, and comes later in the order, is serviced on the way.
    const pending = vcpu.requests & ~passed;
    if (pending === 0) return true;
    const request = (pending & -pending) as Request;
    passed |= request | (request - 1);
    serviceRequest(vm, vcpu, request, emit);
    if (request === KVM_REQ.TRIPLE_FAULT) return false;
  }
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
