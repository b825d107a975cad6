import { reflectExit } from '../nested/index.js';
import { kickToHost } from '../requests/index.js';
import type { Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { isInitBlocked, OK, resetByInit } from '../vcpu/index.js';

/**
 * INIT reaches the vCPU. While L2 runs it is an exit to L1; where it is blocked it waits until L1
 * leaves VMX operation, or enters L2.
 *
 * @see Linux `kvm_apic_accept_events()`, arch/x86/kvm/lapic.c
 */
export function init(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome {
  if (vcpu.nested.guestMode) return reflectExit(vm, vcpu, { reason: 'INIT_SIGNAL' }, emit);
  kickToHost(vcpu, emit);
  if (isInitBlocked(vcpu)) vcpu.initPending = true;
  else resetByInit(vm, vcpu, emit);
  return OK;
}
