import { flushGuest } from '../roots/index.js';
import { seam } from '../seam.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';

/**
 * The service of `STEAL_UPDATE`: the vCPU runs again, and KVM flushes what the guest left to it
 * meanwhile. It flushes the context that is about to run, be that L1 or L2.
 *
 * @see Linux `record_steal_time()`, arch/x86/kvm/x86.c
 */
export const recordStealTime = seam(function recordStealTime(
  vm: Vm,
  vcpu: Vcpu,
  emit: Emit,
  cause?: number,
): void {
  const { steal } = vcpu;
  const { flushTlb } = steal;
  steal.preempted = false;
  steal.flushTlb = false;
  if (flushTlb) flushGuest(vm, vcpu, emit, cause);
});

/**
 * The host has scheduled the vCPU out: the guest may read that. A flush that it has asked for since
 * an earlier time stays asked for.
 *
 * @see Linux `kvm_steal_time_set_preempted()`, commit 8c6de56a42e0 (v5.6)
 */
export const markPreempted = seam(function markPreempted(_vm: Vm, { steal }: Vcpu): void {
  steal.preempted = true;
});
