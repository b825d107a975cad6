import { EXIT_REASON, type ExitReasonName, type Word, ZERO } from '../machine/index.js';
import type { Emit, Vcpu } from '../state/index.js';

/** An exit as the processor reports it; the model names the reasons that it knows. */
export interface ReportedExit {
  readonly reason: number;
  readonly name: ExitReasonName | 'OTHER';
  readonly qualification: Word;
  readonly gpa?: number;
  /** Linear address whose translation an EPT stopped. */
  readonly linear?: Word;
  readonly interruption?: number;
  /** Error code of the exception that `interruption` names. */
  readonly errorCode?: number;
}

/**
 * The guest leaves to KVM for a reason that has only a number, maybe.
 *
 * @see Linux `vmx_handle_exit()`, arch/x86/kvm/vmx/vmx.c
 */
export function leaveGuest(vcpu: Vcpu, exit: ReportedExit, emit: Emit): void {
  vcpu.mode = 'host';
  vcpu.counters.exits += 1;
  const from = vcpu.nested.guestMode ? 'L2' : 'L1';
  const { reason, name, qualification } = exit;
  emit?.(vcpu, { kind: 'vm-exit', from, to: 'host', reason, name, qualification });
}

/**
 * KVM wants a vCPU out of the guest, where it can do its own work on it: an interrupt makes it
 * leave. One that is in the host already notices nothing.
 *
 * @see Linux `kvm_vcpu_kick()`, virt/kvm/kvm_main.c
 */
export function kickToHost(vcpu: Vcpu, emit: Emit): void {
  if (vcpu.mode !== 'guest') return;
  const name = 'EXTERNAL_INTERRUPT';
  leaveGuest(vcpu, { reason: EXIT_REASON[name], name, qualification: ZERO }, emit);
}
