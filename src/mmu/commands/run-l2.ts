import { VMXERR } from '../machine/index.js';
import {
  areControlsValid,
  enterL2,
  isAddressSpaceSizeValid,
  isHostStateValid,
  vmFail,
  vmFailInvalid,
  vmxPermission,
} from '../nested/index.js';
import type { Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';

/**
 * L1 executed VMLAUNCH or VMRESUME. Controls are checked first, then host state, then guest state;
 * only the last is a VM entry that fails, which L1 sees as an exit.
 *
 * @see Intel SDM Vol. 3C, "VMLAUNCH/VMRESUME—Launch/Resume Virtual Machine"
 * @see Linux `nested_vmx_run()`, arch/x86/kvm/vmx/nested.c
 */
export function runL2(vm: Vm, vcpu: Vcpu, kind: 'vmlaunch' | 'vmresume', emit: Emit): Outcome {
  const launch = kind === 'vmlaunch';
  const reason = launch ? 'VMLAUNCH' : 'VMRESUME';
  const stopped = vmxPermission(vm, vcpu, { reason }, emit);
  if (stopped !== null) return stopped;
  const vmcs12 = vcpu.nested.currentVmcs;
  if (vmcs12 === null) return vmFailInvalid(vcpu, emit);
  if (launch && vmcs12.launched) return vmFail(vcpu, VMXERR.VMLAUNCH_NONCLEAR_VMCS, emit);
  if (!launch && !vmcs12.launched) return vmFail(vcpu, VMXERR.VMRESUME_NONLAUNCHED_VMCS, emit);
  if (!areControlsValid(vm, vmcs12)) {
    return vmFail(vcpu, VMXERR.ENTRY_INVALID_CONTROL_FIELD, emit);
  }
  if (!isAddressSpaceSizeValid(vcpu, vmcs12) || !isHostStateValid(vm, vmcs12)) {
    return vmFail(vcpu, VMXERR.ENTRY_INVALID_HOST_STATE_FIELD, emit);
  }
  const outcome = enterL2(vm, vcpu, vmcs12, emit);
  if (outcome.kind === 'ok') vmcs12.launched = true;
  return outcome;
}
