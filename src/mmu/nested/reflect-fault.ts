import { ZERO } from '../machine/index.js';
import type { Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { l1WantsException, VECTORS } from '../vcpu/index.js';
import { reflectExit } from './vmexit.js';

/** Fields of the interruption information. @see Intel SDM Vol. 3C, "VM-Exit Information Fields" */
const INTR_INFO_VALID = 0x80000000;
const INTR_INFO_DELIVER_CODE = 0x800;
const INTR_TYPE_HARD_EXCEPTION = 3 << 8;

/**
 * An exception of L2 becomes an exit to L1, if L1 asked to see it; otherwise L2 takes it.
 *
 * @see Linux `nested_vmx_inject_exception_vmexit()`, arch/x86/kvm/vmx/nested.c
 */
export function reflectFault(vm: Vm, vcpu: Vcpu, outcome: Outcome, emit: Emit): Outcome {
  if (outcome.kind !== 'fault' || !l1WantsException(vcpu, outcome)) return outcome;
  const { vector, errorCode, address } = outcome;
  const hasCode = errorCode === null ? 0 : INTR_INFO_DELIVER_CODE;
  const interruption = INTR_INFO_VALID + (VECTORS[vector] | INTR_TYPE_HARD_EXCEPTION | hasCode);
  const exit = {
    reason: 'EXCEPTION_NMI',
    qualification: address ?? ZERO,
    interruption,
    ...(errorCode === null ? {} : { errorCode }),
  } as const;
  return reflectExit(vm, vcpu, exit, emit);
}
