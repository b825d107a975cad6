import {
  type ControlCapabilities,
  isControlWordValid,
  isLongMode,
  PIN_BASED_VMX_PREEMPTION_TIMER,
  VM_EXIT_HOST_ADDR_SPACE_SIZE,
  VM_EXIT_SAVE_VMX_PREEMPTION_TIMER,
  VMCS,
} from '../machine/index.js';
import {
  fieldOf,
  flagsOf,
  hasExitControl,
  hasPinControl,
  type Vcpu,
  type Vm,
  type Vmcs12,
} from '../state/index.js';
import { controlCapabilitiesOf } from './capabilities.js';
import { isEventInjectionValid } from './check-event-injection.js';
import { areExecutionControlsValid } from './check-execution-controls.js';
import { isMsrAreaValid } from './field-forms.js';
import { isFoundGood } from './found-good.js';

/**
 * Whether VM entry accepts the control fields; if not it is VMfail 7.
 *
 * @see Intel SDM Vol. 3C, "Checks on VMX Controls"
 * @see Linux `nested_vmx_check_controls()`, arch/x86/kvm/vmx/nested.c
 */
export function areControlsValid(vm: Vm, vmcs12: Vmcs12): boolean {
  if (isFoundGood(vm, vmcs12)) return true;
  const capabilities = controlCapabilitiesOf(vm.config);
  return (
    areExecutionControlsValid(vm, vmcs12, capabilities) &&
    areExitControlsValid(vm, vmcs12, capabilities) &&
    areEntryControlsValid(vm, vmcs12, capabilities)
  );
}

/**
 * Whether the host's address space is as large as that of the L1 that enters; if not it is
 * VMfail 8.
 *
 * @see Intel SDM Vol. 3C, "Checks Related to Address-Space Size"
 * @see Linux `nested_vmx_check_address_space_size()`, arch/x86/kvm/vmx/nested.c
 */
export function isAddressSpaceSizeValid({ regs }: Vcpu, vmcs12: Vmcs12): boolean {
  return hasExitControl(vmcs12, VM_EXIT_HOST_ADDR_SPACE_SIZE) === isLongMode(regs);
}

/** @see Linux `nested_check_vm_exit_controls()`, arch/x86/kvm/vmx/nested.c */
function areExitControlsValid(vm: Vm, vmcs12: Vmcs12, { exit }: ControlCapabilities): boolean {
  return (
    isControlWordValid(flagsOf(vmcs12, VMCS.VM_EXIT_CONTROLS), exit) &&
    (hasPinControl(vmcs12, PIN_BASED_VMX_PREEMPTION_TIMER) ||
      !hasExitControl(vmcs12, VM_EXIT_SAVE_VMX_PREEMPTION_TIMER)) &&
    isAreaValid(vm, vmcs12, {
      address: VMCS.VM_EXIT_MSR_STORE_ADDR,
      count: VMCS.VM_EXIT_MSR_STORE_COUNT,
    }) &&
    isAreaValid(vm, vmcs12, {
      address: VMCS.VM_EXIT_MSR_LOAD_ADDR,
      count: VMCS.VM_EXIT_MSR_LOAD_COUNT,
    })
  );
}

/** @see Linux `nested_check_vm_entry_controls()`, arch/x86/kvm/vmx/nested.c */
function areEntryControlsValid(vm: Vm, vmcs12: Vmcs12, { entry }: ControlCapabilities): boolean {
  return (
    isControlWordValid(flagsOf(vmcs12, VMCS.VM_ENTRY_CONTROLS), entry) &&
    isEventInjectionValid(vmcs12) &&
    isAreaValid(vm, vmcs12, {
      address: VMCS.VM_ENTRY_MSR_LOAD_ADDR,
      count: VMCS.VM_ENTRY_MSR_LOAD_COUNT,
    })
  );
}

function isAreaValid(
  vm: Vm,
  vmcs12: Vmcs12,
  { address, count }: { address: number; count: number },
): boolean {
  return isMsrAreaValid(vm, fieldOf(vmcs12, address), flagsOf(vmcs12, count));
}
