import { hasRequest, KVM_REQ, makeRequest } from '../requests/index.js';
import { loadMmu } from '../roots/index.js';
import { currentRoot, type Emit, type Vcpu, type Vm } from '../state/index.js';
import { runOnRoot } from '../tlb/index.js';
import { serviceRequest, serviceRequests } from './service-requests.js';

/** More rounds than any chain of requests is known to take. */
const ROUNDS_MAX = 8;

/**
 * End of an attempt to enter: the guest runs; a triple fault stopped it, whose meaning depends on
 * who was to run; or the state of a restored L2 could not be completed; or each round made new requests, so that only a signal ends them.
 */
export type Entered = 'guest' | 'triple-fault' | 'no-pages' | 'interrupted';

/**
 * Enters the guest: services the pending requests, loads a root if there is none, and starts over
 * while that raised new requests.
 *
 * @see Linux `vcpu_enter_guest()`, arch/x86/kvm/x86.c
 */
export function enterGuest(vm: Vm, vcpu: Vcpu, emit: Emit): Entered {
  if (vcpu.mode === 'guest') return 'guest';
  // A vCPU that is scheduled in has its steal time brought up to date: kvm_arch_vcpu_load().
  if (vcpu.steal.preempted) makeRequest(vm, vcpu, KVM_REQ.STEAL_UPDATE, emit);
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const serviced = serviceRequests(vm, vcpu, emit);
    if (serviced !== 'all') return serviced;
    reloadMmu(vm, vcpu, emit);
    if (vcpu.requests !== 0) continue;

    vcpu.mode = 'guest';
    vcpu.hasRun = true;
    runOnRoot(vcpu);
    const guest = vcpu.nested.guestMode ? 'L2' : 'L1';
    emit?.(vcpu, { kind: 'vm-entered', guest, root: currentRoot(vcpu.mmu)?.hpa ?? null });
    return 'guest';
  }
  return 'interrupted';
}

/** @see Linux `kvm_mmu_reload()`, arch/x86/kvm/mmu.h */
function reloadMmu(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  if (vm.rules.reloadFreesObsolete && hasRequest(vcpu, KVM_REQ.MMU_FREE_OBSOLETE_ROOTS)) {
    serviceRequest(vm, vcpu, KVM_REQ.MMU_FREE_OBSOLETE_ROOTS, emit);
  }
  if (currentRoot(vcpu.mmu) === null) loadMmu(vm, vcpu, emit);
}
