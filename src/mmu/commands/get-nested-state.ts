import { saveGuestState } from '../nested/index.js';
import { kickToHost } from '../requests/index.js';
import type { Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm, Vmcs12 } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/**
 * The VMM asks for the nested state, which a view of the vCPU shows. What L2 has changed goes into its
 * VMCS, which the VMM saves with it. Nothing that is cached goes.
 *
 * @see Linux `vmx_get_nested_state()`, `sync_vmcs02_to_vmcs12()`, arch/x86/kvm/vmx/nested.c
 */
export function getNestedState(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome {
  kickToHost(vcpu, emit);
  const { guestMode, currentVmcs } = vcpu.nested;
  if (guestMode) saveGuestState(vm, vcpu, currentVmcs as Vmcs12);
  return OK;
}
