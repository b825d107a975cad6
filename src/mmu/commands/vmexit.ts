import { EXIT_REASON, type ExitReasonName } from '../machine/index.js';
import { leaveL2OfSvm, nestedVmexit } from '../nested/index.js';
import { leaveGuest } from '../requests/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';

const NAME_OF = new Map<number, ExitReasonName>(
  Object.entries(EXIT_REASON).map(([name, reason]) => [reason, name as ExitReasonName]),
);

/**
 * L2 did something that L1 asked to see, a VMCALL unless told otherwise. One that KVM makes up for
 * an event may come before what is pending was serviced.
 *
 * @see Linux `nested_vmx_vmexit()`, arch/x86/kvm/vmx/nested.c; `nested_svm_vmexit()`
 */
export function vmexit(
  vm: Vm,
  vcpu: Vcpu,
  { reason, qualification }: CommandOf<'vmexit'>,
  emit: Emit,
): Outcome {
  if (vcpu.nested.svm !== null) return leaveL2OfSvm(vm, vcpu, { reason, qualification }, emit);
  const name = NAME_OF.get(reason) ?? 'OTHER';
  const exit = { reason, name, qualification } as const;
  if (vcpu.mode === 'guest') leaveGuest(vcpu, exit, emit);
  return nestedVmexit(vm, vcpu, exit, emit);
}
