import { kickToHost } from '../requests/index.js';
import type { Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { markPreempted, OK } from '../vcpu/index.js';

/**
 * The host schedules the vCPU out. Its guest may read that in its steal time, and then leaves it to
 * KVM to flush the vCPU's TLB.
 *
 * @see Linux `kvm_arch_vcpu_put()`, arch/x86/kvm/x86.c
 */
export function preempt(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome {
  kickToHost(vcpu, emit);
  markPreempted(vm, vcpu);
  return OK;
}
