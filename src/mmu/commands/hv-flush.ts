import {
  HV_STATUS_INVALID_HYPERCALL_INPUT,
  HV_STATUS_SUCCESS,
  isForVp,
  isListFlush,
  isProtected,
  wordFromNumber,
} from '../machine/index.js';
import { reflectExit } from '../nested/index.js';
import { KVM_REQ, kickToHost, makeRequest } from '../requests/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { exitToHost, fault, queueHvFlush, raise } from '../vcpu/index.js';

/** Bits 43:32 of the result: how many entries of the list were dealt with. */
const REPS_COMPLETED = 2 ** 32;

/**
 * The guest makes a hypercall that flushes the TLBs of some vCPUs. KVM does not look at the address
 * space: a vCPU that runs may be in another one by now. Since v6.2 each vCPU has a queue of what to
 * flush, before that all of it was flushed.
 *
 * @returns With the hypercall's result as value.
 * @see Linux `kvm_hv_hypercall()`, `kvm_hv_flush_tlb()`, arch/x86/kvm/hyperv.c
 */
export function hvFlush(vm: Vm, vcpu: Vcpu, command: CommandOf<'hv-flush'>, emit: Emit): Outcome {
  const { regs, nested } = vcpu;
  // KVM answers L2 itself only if L1 runs it by an enlightened VMCS, which the model does not have.
  if (nested.guestMode) return reflectExit(vm, vcpu, { reason: 'VMCALL' }, emit);
  exitToHost(vcpu, { reason: 'VMCALL' }, emit);
  if (regs.cpl > 0 || !isProtected(regs)) return raise(vcpu, fault('#UD'), emit);

  const { call, gvas } = command;
  if (isListFlush(call) !== gvas.length > 0) return resultOf(HV_STATUS_INVALID_HYPERCALL_INPUT, 0);
  const targets = vm.vcpus.filter(({ index }) => isForVp(command, index));
  if (vm.rules.hasHvTlbFlush) {
    for (const target of targets) queueHvFlush(vm, target, isListFlush(call) ? gvas : null);
  }
  const request = vm.rules.hasHvTlbFlush ? KVM_REQ.HV_TLB_FLUSH : KVM_REQ.TLB_FLUSH_GUEST;
  for (const target of targets) {
    kickToHost(target, emit);
    makeRequest(vm, target, request, emit);
  }
  return resultOf(HV_STATUS_SUCCESS, gvas.length);
}

function resultOf(status: number, reps: number): Outcome {
  return { kind: 'ok', value: wordFromNumber(status + reps * REPS_COMPLETED) };
}
