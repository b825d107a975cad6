import { hasDefect } from '../defects/index.js';
import {
  bitsOf,
  isValidEptp,
  SECONDARY_EXEC_ENABLE_PML,
  SECONDARY_EXEC_ENABLE_VMFUNC,
  SECONDARY_EXEC_MODE_BASED_EPT_EXEC,
  VMCS,
  VMFUNC_EPTP_SWITCHING,
  type Word,
} from '../machine/index.js';
import {
  eptpOf,
  fieldOf,
  flagsOf,
  hasSecondaryControl,
  type Vm,
  type Vmcs12,
  vpidOf,
} from '../state/index.js';
import { isUnrestricted } from './fixed-bits.js';

/**
 * Whether VM entry accepts the control fields; if not it is VMfail 7.
 *
 * @see Intel SDM Vol. 3C, "Checks on VMX Controls"
 * @see Linux `nested_vmx_check_controls()`, arch/x86/kvm/vmx/nested.c
 */
export function areControlsValid(vm: Vm, vmcs12: Vmcs12): boolean {
  return (
    flagsOf(vmcs12, VMCS.CR3_TARGET_COUNT) <= vm.config.vmx.cr3TargetCountMax &&
    isVpidValid(vm, vmcs12) &&
    areEptControlsValid(vm, vmcs12) &&
    isPmlValid(vm, vmcs12) &&
    areVmfuncControlsValid(vm, vmcs12)
  );
}

/**
 * Whether L1 is offered EPT for its L2: the host must have it itself, and VMX must say so.
 *
 * @see Linux `nested_vmx_setup_ctls_msrs()`: without `enable_ept` nested EPT is not offered.
 */
export function isEptOffered({ config }: Vm): boolean {
  return config.paging === 'ept' && config.vmx.ept;
}

/** VPID 0 is the host's own. */
function isVpidValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const vpid = vpidOf(vmcs12);
  if (hasDefect(vm, 'vpid-0-entered')) return true;
  return vpid === null || (vm.config.vmx.vpid && vpid !== 0);
}

/** What refines EPT needs EPT, and what is not offered cannot be enabled. */
function areEptControlsValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const { config } = vm;
  if (isUnrestricted(vmcs12) && !config.vmx.unrestrictedGuest) return false;
  const eptp = eptpOf(vmcs12);
  if (eptp !== null && !isEptOffered(vm)) return false;
  if (eptp === null) {
    return (
      !isUnrestricted(vmcs12) && !hasSecondaryControl(vmcs12, SECONDARY_EXEC_MODE_BASED_EPT_EXEC)
    );
  }
  return isValidEptp(eptp, { cap: config.vmx.eptVpidCap, maxphyaddr: config.maxphyaddr });
}

function isPmlValid(vm: Vm, vmcs12: Vmcs12): boolean {
  if (!hasSecondaryControl(vmcs12, SECONDARY_EXEC_ENABLE_PML)) return true;
  return eptpOf(vmcs12) !== null && isPageAddress(vm, fieldOf(vmcs12, VMCS.PML_ADDRESS));
}

/** EPTP switching needs EPT, a function that is offered, and a list that is a page. */
function areVmfuncControlsValid(vm: Vm, vmcs12: Vmcs12): boolean {
  if (!hasSecondaryControl(vmcs12, SECONDARY_EXEC_ENABLE_VMFUNC)) return true;
  const functions = fieldOf(vmcs12, VMCS.VM_FUNCTION_CONTROL);
  if (functions.page !== 0 || (functions.low & ~VMFUNC_EPTP_SWITCHING) !== 0) return false;
  if ((functions.low & VMFUNC_EPTP_SWITCHING) === 0) return true;
  return eptpOf(vmcs12) !== null && isPageAddress(vm, fieldOf(vmcs12, VMCS.EPTP_LIST_ADDRESS));
}

function isPageAddress({ config }: Vm, address: Word): boolean {
  return address.low === 0 && bitsOf(address, { high: 63, low: config.maxphyaddr }) === 0;
}
