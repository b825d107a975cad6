import { EXIT_REASON, type ExitReasonName, type Word, ZERO } from '../machine/index.js';
import type { Outcome } from '../schema/index.js';
import type { Emit, Vcpu } from '../state/index.js';

/** Why the guest left. */
export interface Exit {
  readonly reason: ExitReasonName;
  readonly qualification?: Word;
}

/**
 * The guest leaves to KVM, which has work to do for it. The vCPU then stays in the host, with what
 * that work requested pending and visible, until something needs the guest again.
 */
export function exitToHost(vcpu: Vcpu, { reason, qualification = ZERO }: Exit, emit: Emit): void {
  leaveGuest(vcpu, { reason: EXIT_REASON[reason], name: reason, qualification }, emit);
}

/**
 * KVM wants a vCPU out of the guest, where it can do its own work on it: an interrupt makes it
 * leave. One that is in the host already notices nothing.
 *
 * @see Linux `kvm_vcpu_kick()`, virt/kvm/kvm_main.c
 */
export function kickToHost(vcpu: Vcpu, emit: Emit): void {
  if (vcpu.mode === 'guest') exitToHost(vcpu, { reason: 'EXTERNAL_INTERRUPT' }, emit);
}

/** An exit as the processor reports it; the model names the reasons that it knows. */
export interface ReportedExit {
  readonly reason: number;
  readonly name: ExitReasonName | 'OTHER';
  readonly qualification: Word;
}

/** The guest leaves to KVM for a reason that has only a number, maybe. */
export function leaveGuest(vcpu: Vcpu, exit: ReportedExit, emit: Emit): void {
  vcpu.mode = 'host';
  vcpu.counters.exits += 1;
  const from = vcpu.nested.guestMode ? 'L2' : 'L1';
  emit?.(vcpu, { kind: 'vm-exit', from, to: 'host', ...exit });
}

type Fault = Extract<Outcome, { kind: 'fault' }>;

/** An exception that the guest takes; #UD has no error code. */
export function fault(vector: Fault['vector'], errorCode = 0): Fault {
  return { kind: 'fault', vector, errorCode: vector === '#UD' ? null : errorCode };
}

/**
 * An exception: delivered by hardware where the guest runs, injected by KVM after an exit.
 *
 * @see Linux `kvm_inject_gp()`, `kvm_queue_exception()`, arch/x86/kvm/x86.c
 */
export function raise(vcpu: Vcpu, exception: Fault, emit: Emit): Outcome {
  if (vcpu.mode === 'host') {
    const { vector, errorCode } = exception;
    emit?.(vcpu, { kind: 'fault-injected', vector, errorCode });
  }
  return exception;
}

/** The instruction was carried out. */
export const OK: Outcome = { kind: 'ok' };
