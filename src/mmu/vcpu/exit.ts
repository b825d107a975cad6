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
  vcpu.mode = 'host';
  vcpu.counters.exits += 1;
  emit?.(vcpu, {
    kind: 'vm-exit',
    from: vcpu.nested.guestMode ? 'L2' : 'L1',
    to: 'host',
    reason: EXIT_REASON[reason],
    name: reason,
    qualification,
  });
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
