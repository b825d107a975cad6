import { KVM_REQ, type Request, type RequestName, requestNameOf } from '../kernel/index.js';
import { seam } from '../seam.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { kickToHost } from './kick.js';

export {
  KVM_REQ,
  REQUEST_NAMES,
  type Request,
  type RequestName,
  requestNameOf,
  requestNamesOf,
} from '../kernel/index.js';
export { kickToHost, leaveGuest, type ReportedExit } from './kick.js';

/**
 * Makes a request to a vCPU. Requests are idempotent: making one that is pending changes nothing,
 * and they carry neither a root nor an MMU nor an address.
 *
 * @see Linux `kvm_make_request()`, include/linux/kvm_host.h
 */
export const makeRequest = seam(function makeRequest(
  _vm: Vm,
  vcpu: Vcpu,
  request: Request,
  emit: Emit,
): void {
  if (hasRequest(vcpu, request)) return;
  vcpu.requests |= request;
  emit?.(vcpu, { kind: 'request-made', request: requestNameOf(request) });
});

export function hasRequest({ requests }: Vcpu, request: Request): boolean {
  return (requests & request) !== 0;
}

/** Withdraws a request without servicing it; `TLB_FLUSH` does so with `TLB_FLUSH_CURRENT`. */
export function clearRequest(vcpu: Vcpu, request: Request): void {
  vcpu.requests &= ~request;
}

/**
 * Makes a request to every vCPU, by the name that the kernel's rules have for it. Those that run
 * the guest are kicked out of it.
 *
 * @see Linux `kvm_make_all_cpus_request()`: the calling vCPU is included.
 */
export const makeAllCpusRequest = seam(function makeAllCpusRequest(
  vm: Vm,
  name: RequestName,
  emit: Emit,
): void {
  for (const vcpu of vm.vcpus) {
    kickToHost(vcpu, emit);
    makeRequest(vm, vcpu, KVM_REQ[name], emit);
  }
});
