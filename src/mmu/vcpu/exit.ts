import { EXIT_REASON, type ExitReasonName, VMCS, type Word, ZERO } from '../machine/index.js';
import { leaveGuest } from '../requests/index.js';
import type { Outcome } from '../schema/index.js';
import { type Emit, flagsOf, type Vcpu } from '../state/index.js';

/** Why the guest left. */
export interface Exit {
  readonly reason: ExitReasonName;
  readonly qualification?: Word;
  /** Guest-physical address, where an EPT faulted. */
  readonly gpa?: number;
  /** Linear address whose translation an EPT stopped. */
  readonly linear?: Word;
  /** Interruption information, where the exit is for an exception. */
  readonly interruption?: number;
  readonly errorCode?: number;
}

/**
 * The guest leaves to KVM, which has work to do for it. The vCPU then stays in the host, with what
 * that work requested pending and visible, until something needs the guest again.
 */
export function exitToHost(vcpu: Vcpu, { reason, qualification = ZERO }: Exit, emit: Emit): void {
  leaveGuest(vcpu, { reason: EXIT_REASON[reason], name: reason, qualification }, emit);
}

export type Fault = Extract<Outcome, { kind: 'fault' }>;

/** An exception that the guest takes; #UD has no error code. */
export function fault(vector: Exclude<Fault['vector'], '#PF'>, errorCode = 0): Fault {
  return { kind: 'fault', vector, errorCode: vector === '#UD' ? null : errorCode };
}

/** A page fault, with the address that CR2 takes. */
export function pageFault(errorCode: number, address: Word): Fault {
  return { kind: 'fault', vector: '#PF', errorCode, address };
}

/** Numbers of the exceptions that the model knows. */
export const VECTORS: Record<Fault['vector'], number> = {
  '#UD': 6,
  '#SS': 12,
  '#GP': 13,
  '#PF': 14,
};

/**
 * Whether L1 asked to see an exception of the L2 that runs.
 *
 * @see Intel SDM Vol. 3C, "Exceptions"; Linux `nested_vmx_is_exception_vmexit()`
 */
export function l1WantsException({ nested }: Vcpu, { vector, errorCode }: Fault): boolean {
  if (!nested.guestMode || nested.currentVmcs === null) return false;
  const vmcs12 = nested.currentVmcs;
  const isSet = ((flagsOf(vmcs12, VMCS.EXCEPTION_BITMAP) >>> VECTORS[vector]) & 1) === 1;
  if (vector !== '#PF') return isSet;
  const mask = flagsOf(vmcs12, VMCS.PAGE_FAULT_ERROR_CODE_MASK);
  const isMatch =
    ((errorCode ?? 0) & mask) >>> 0 === flagsOf(vmcs12, VMCS.PAGE_FAULT_ERROR_CODE_MATCH);
  return isSet === isMatch;
}

/**
 * An exception: delivered by hardware where the guest runs, injected by KVM after an exit, unless
 * L1 is to see it.
 *
 * @see Linux `kvm_inject_gp()`, `kvm_queue_exception()`, arch/x86/kvm/x86.c
 */
export function raise(vcpu: Vcpu, exception: Fault, emit: Emit): Outcome {
  if (vcpu.mode === 'host' && !l1WantsException(vcpu, exception)) {
    const { vector, errorCode } = exception;
    emit?.(vcpu, { kind: 'fault-injected', vector, errorCode });
  }
  return exception;
}

/** The instruction was carried out. */
export const OK: Outcome = { kind: 'ok' };

/** `KVM_RUN` makes no progress, and returns when a signal interrupts it: -EINTR. */
export const INTERRUPTED: Outcome = { kind: 'error', errno: 'EINTR' };

/** A triple fault of L1: `KVM_EXIT_SHUTDOWN`. */
export const SHUTDOWN: Outcome = { kind: 'shutdown' };
