import type { Emit, Vcpu } from '../state/index.js';
import { type RequestName, requestBit } from './names.js';

export { REQUEST_NAMES, type RequestName, requestBit, requestNamesOf } from './names.js';

/**
 * Makes a request to a vCPU. Requests are idempotent: making one that is pending changes nothing,
 * and they carry neither a root nor an MMU nor an address.
 *
 * @see Linux `kvm_make_request()`, include/linux/kvm_host.h
 */
export function makeRequest(vcpu: Vcpu, request: RequestName, emit: Emit): void {
  const bit = requestBit(request);
  if ((vcpu.requests & bit) !== 0) return;
  vcpu.requests |= bit;
  emit?.(vcpu, { kind: 'request-made', request });
}

export function hasRequest(vcpu: Vcpu, request: RequestName): boolean {
  return (vcpu.requests & requestBit(request)) !== 0;
}

/** Withdraws a request without servicing it; `TLB_FLUSH` does so with `TLB_FLUSH_CURRENT`. */
export function clearRequest(vcpu: Vcpu, request: RequestName): void {
  vcpu.requests &= ~requestBit(request);
}

/** @see Linux `kvm_make_all_cpus_request()`: the calling vCPU is included. */
export function makeAllCpusRequest(vcpus: readonly Vcpu[], request: RequestName, emit: Emit): void {
  for (const vcpu of vcpus) makeRequest(vcpu, request, emit);
}
