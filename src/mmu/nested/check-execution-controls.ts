import {
  bitsOf,
  type ControlCapabilities,
  CPU_BASED_ACTIVATE_SECONDARY_CONTROLS,
  CPU_BASED_CR8_LOAD_EXITING,
  CPU_BASED_CR8_STORE_EXITING,
  CPU_BASED_NMI_WINDOW_EXITING,
  CPU_BASED_TPR_SHADOW,
  CPU_BASED_USE_IO_BITMAPS,
  CPU_BASED_USE_MSR_BITMAPS,
  isControlWordValid,
  isValidEptp,
  PIN_BASED_EXT_INTR_MASK,
  PIN_BASED_NMI_EXITING,
  PIN_BASED_POSTED_INTR,
  PIN_BASED_VIRTUAL_NMIS,
  readGuest,
  SECONDARY_EXEC_APIC_REGISTER_VIRT,
  SECONDARY_EXEC_ENABLE_PML,
  SECONDARY_EXEC_ENABLE_VMFUNC,
  SECONDARY_EXEC_MODE_BASED_EPT_EXEC,
  SECONDARY_EXEC_SHADOW_VMCS,
  SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY,
  SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES,
  SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE,
  VM_EXIT_ACK_INTR_ON_EXIT,
  VMCS,
  VMFUNC_EPTP_SWITCHING,
  type Word,
  wordToNumber,
} from '../machine/index.js';
import { seam } from '../seam.js';
import {
  eptpOf,
  fieldOf,
  flagsOf,
  hasCpuControl,
  hasExitControl,
  hasPinControl,
  hasSecondaryControl,
  type Vm,
  type Vmcs12,
  vpidOf,
} from '../state/index.js';
import { isAlignedAddress } from './field-forms.js';
import { isUnrestricted } from './fixed-bits.js';

/** Offset of the task priority in a virtual-APIC page: VTPR. */
const VIRTUAL_TPR = 0x80;

/**
 * Whether VM entry accepts the VM-execution controls.
 *
 * @see Intel SDM Vol. 3C, "VM-Execution Control Fields", under "Checks on VMX Controls"
 * @see Linux `nested_check_vm_execution_controls()`, arch/x86/kvm/vmx/nested.c
 */
export function areExecutionControlsValid(
  vm: Vm,
  vmcs12: Vmcs12,
  capabilities: ControlCapabilities,
): boolean {
  return (
    areControlWordsValid(vmcs12, capabilities) &&
    flagsOf(vmcs12, VMCS.CR3_TARGET_COUNT) <= vm.config.vmx.cr3TargetCountMax &&
    areBitmapsValid(vm, vmcs12) &&
    isTprShadowValid(vm, vmcs12) &&
    areNmiControlsValid(vmcs12) &&
    areApicControlsValid(vm, vmcs12) &&
    isPostedInterruptValid(vm, vmcs12) &&
    isVpidValid(vm, vmcs12) &&
    areEptControlsValid(vm, vmcs12) &&
    isPmlValid(vm, vmcs12) &&
    areVmfuncControlsValid(vm, vmcs12)
  );
}

/** Secondary controls count only while the primary ones activate them. */
function areControlWordsValid(
  vmcs12: Vmcs12,
  { pin, primary, secondary }: ControlCapabilities,
): boolean {
  return (
    isControlWordValid(flagsOf(vmcs12, VMCS.PIN_BASED_VM_EXEC_CONTROL), pin) &&
    isControlWordValid(flagsOf(vmcs12, VMCS.CPU_BASED_VM_EXEC_CONTROL), primary) &&
    (!hasCpuControl(vmcs12, CPU_BASED_ACTIVATE_SECONDARY_CONTROLS) ||
      isControlWordValid(flagsOf(vmcs12, VMCS.SECONDARY_VM_EXEC_CONTROL), secondary))
  );
}

function areBitmapsValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const isPage = (field: number) => isAlignedAddress(vm, fieldOf(vmcs12, field), 12);
  return (
    (!hasCpuControl(vmcs12, CPU_BASED_USE_IO_BITMAPS) ||
      (isPage(VMCS.IO_BITMAP_A) && isPage(VMCS.IO_BITMAP_B))) &&
    (!hasCpuControl(vmcs12, CPU_BASED_USE_MSR_BITMAPS) || isPage(VMCS.MSR_BITMAP)) &&
    (!hasSecondaryControl(vmcs12, SECONDARY_EXEC_SHADOW_VMCS) ||
      (isPage(VMCS.VMREAD_BITMAP) && isPage(VMCS.VMWRITE_BITMAP)))
  );
}

/**
 * Without a virtual-APIC page nothing of the APIC can be virtual; with one, its TPR has a bound.
 *
 * @see Linux `nested_get_vmcs12_pages()`: a page that cannot be mapped has the entry fail
 */
function isTprShadowValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const has = (control: number) => hasSecondaryControl(vmcs12, control);
  if (!hasCpuControl(vmcs12, CPU_BASED_TPR_SHADOW)) {
    return (
      !has(SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE) &&
      !has(SECONDARY_EXEC_APIC_REGISTER_VIRT) &&
      !has(SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY)
    );
  }
  const page = fieldOf(vmcs12, VMCS.VIRTUAL_APIC_PAGE_ADDR);
  if (!isAlignedAddress(vm, page, 12)) return false;
  if (has(SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY)) return true;
  const threshold = flagsOf(vmcs12, VMCS.TPR_THRESHOLD);
  if ((threshold & ~0xf) !== 0) return false;
  if (has(SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES)) return true;
  const vtpr = readGuest(vm.memory, wordToNumber(page) + VIRTUAL_TPR);
  return vtpr === null ? seesCr8(vmcs12) : threshold <= bitsOf(vtpr, { high: 7, low: 4 });
}

/** Where L1 sees every use of CR8, L2 needs no page that is not there, and KVM takes the control back. */
function seesCr8(vmcs12: Vmcs12): boolean {
  return (
    hasCpuControl(vmcs12, CPU_BASED_CR8_LOAD_EXITING) &&
    hasCpuControl(vmcs12, CPU_BASED_CR8_STORE_EXITING)
  );
}

function areNmiControlsValid(vmcs12: Vmcs12): boolean {
  const hasVirtualNmis = hasPinControl(vmcs12, PIN_BASED_VIRTUAL_NMIS);
  return (
    (hasPinControl(vmcs12, PIN_BASED_NMI_EXITING) || !hasVirtualNmis) &&
    (hasVirtualNmis || !hasCpuControl(vmcs12, CPU_BASED_NMI_WINDOW_EXITING))
  );
}

function areApicControlsValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const has = (control: number) => hasSecondaryControl(vmcs12, control);
  const virtualizesAccesses = has(SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES);
  if (virtualizesAccesses) {
    if (has(SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE)) return false;
    if (!isAlignedAddress(vm, fieldOf(vmcs12, VMCS.APIC_ACCESS_ADDR), 12)) return false;
  }
  return (
    !has(SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY) || hasPinControl(vmcs12, PIN_BASED_EXT_INTR_MASK)
  );
}

function isPostedInterruptValid(vm: Vm, vmcs12: Vmcs12): boolean {
  if (!hasPinControl(vmcs12, PIN_BASED_POSTED_INTR)) return true;
  return (
    hasSecondaryControl(vmcs12, SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY) &&
    hasExitControl(vmcs12, VM_EXIT_ACK_INTR_ON_EXIT) &&
    (flagsOf(vmcs12, VMCS.POSTED_INTR_NV) & 0xff00) === 0 &&
    isAlignedAddress(vm, fieldOf(vmcs12, VMCS.POSTED_INTR_DESC_ADDR), 6)
  );
}

/** VPID 0 is the host's own. */
export const isVpidValid = seam(function isVpidValid(_vm: Vm, vmcs12: Vmcs12): boolean {
  return vpidOf(vmcs12) !== 0;
});

/** Controls that refine EPT need EPT. */
function areEptControlsValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const eptp = eptpOf(vmcs12);
  if (eptp === null) {
    return (
      !isUnrestricted(vmcs12) && !hasSecondaryControl(vmcs12, SECONDARY_EXEC_MODE_BASED_EPT_EXEC)
    );
  }
  return isEptpAccepted(vm, eptp);
}

/** @see Linux `nested_vmx_check_eptp()`, arch/x86/kvm/vmx/nested.c */
export const isEptpAccepted = seam(function isEptpAccepted({ config }: Vm, eptp: Word): boolean {
  return isValidEptp(eptp, { cap: config.vmx.eptVpidCap, maxphyaddr: config.maxphyaddr });
});

function isPmlValid(vm: Vm, vmcs12: Vmcs12): boolean {
  if (!hasSecondaryControl(vmcs12, SECONDARY_EXEC_ENABLE_PML)) return true;
  return eptpOf(vmcs12) !== null && isAlignedAddress(vm, fieldOf(vmcs12, VMCS.PML_ADDRESS), 12);
}

/** EPTP switching needs EPT, a function that is offered, and a list that is a page. */
function areVmfuncControlsValid(vm: Vm, vmcs12: Vmcs12): boolean {
  if (!hasSecondaryControl(vmcs12, SECONDARY_EXEC_ENABLE_VMFUNC)) return true;
  const functions = fieldOf(vmcs12, VMCS.VM_FUNCTION_CONTROL);
  if (functions.page !== 0 || (functions.low & ~VMFUNC_EPTP_SWITCHING) !== 0) return false;
  if ((functions.low & VMFUNC_EPTP_SWITCHING) === 0) return true;
  const list = fieldOf(vmcs12, VMCS.EPTP_LIST_ADDRESS);
  return eptpOf(vmcs12) !== null && isAlignedAddress(vm, list, 12);
}
