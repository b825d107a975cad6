import { clearRequest, hasRequest, type RequestName, requestNamesOf } from '../requests/index.js';
import { flushGuest, freeObsoleteRoots, syncRoots, unloadMmu } from '../roots/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { flushTlbAll, flushTlbCurrent } from '../tlb/index.js';

/**
 * Services the pending requests in the kernel's order. A sync precedes the load of the root into
 * hardware, which precedes the flushes: no stale translation can be cached in between.
 *
 * @returns False if the vCPU shuts down on a triple fault.
 * @see Linux `vcpu_enter_guest()`, arch/x86/kvm/x86.c
 */
export function serviceRequests(vm: Vm, vcpu: Vcpu, emit: Emit): boolean {
  for (const request of requestNamesOf(vcpu.requests)) {
    if (!hasRequest(vcpu, request)) continue;
    serviceRequest(vm, vcpu, request, emit);
    if (request === 'TRIPLE_FAULT') return false;
  }
  return true;
}

/**
 * Services the flush requests that must hit the context which is about to be left.
 *
 * @see Linux `kvm_service_local_tlb_flush_requests()`, arch/x86/kvm/x86.c
 */
export function serviceLocalTlbFlushRequests(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  if (hasRequest(vcpu, 'TLB_FLUSH_CURRENT')) serviceRequest(vm, vcpu, 'TLB_FLUSH_CURRENT', emit);
  if (vm.rules.transitionServices === 'current-and-guest' && hasRequest(vcpu, 'TLB_FLUSH_GUEST')) {
    serviceRequest(vm, vcpu, 'TLB_FLUSH_GUEST', emit);
  }
}

/** Services one pending request. */
export function serviceRequest(vm: Vm, vcpu: Vcpu, request: RequestName, emit: Emit): void {
  clearRequest(vcpu, request);
  const cause = emit?.(vcpu, { kind: 'request-serviced', request });
  switch (request) {
    case 'MMU_RELOAD':
      unloadMmu(vcpu, 'unload', emit);
      break;
    case 'MMU_FREE_OBSOLETE_ROOTS':
      freeObsoleteRoots(vm, vcpu, emit);
      break;
    case 'MMU_SYNC':
      syncRoots(vcpu, emit, cause);
      break;
    case 'LOAD_MMU_PGD':
      break; // The root goes into GUEST_CR3 or the EPTP; the model's hardware reads it there.
    case 'TLB_FLUSH':
      vcpu.counters.tlbFlush += 1;
      clearRequest(vcpu, 'TLB_FLUSH_CURRENT');
      flushTlbAll(vcpu, emit, cause);
      break;
    case 'TLB_FLUSH_CURRENT':
      vcpu.counters.tlbFlush += 1;
      flushTlbCurrent(vm, vcpu, emit, cause);
      break;
    case 'TLB_FLUSH_GUEST':
    case 'HV_TLB_FLUSH':
      flushGuest(vm, vcpu, emit, cause);
      break;
    case 'TRIPLE_FAULT':
      break; // The caller leaves to the VMM.
  }
}
