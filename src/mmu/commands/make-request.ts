import { KVM_REQ, kickToHost, makeRequest as makeKvmRequest } from '../requests/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/**
 * KVM makes a request to the vCPU, as another vCPU or the host would. A vCPU in the guest is
 * kicked out of it.
 *
 * @see Linux `kvm_make_request()`, `kvm_vcpu_kick()`
 */
export function makeRequest(
  vm: Vm,
  vcpu: Vcpu,
  { request }: CommandOf<'make-request'>,
  emit: Emit,
): Outcome {
  kickToHost(vcpu, emit);
  makeKvmRequest(vm, vcpu, KVM_REQ[request], emit);
  return OK;
}
