import {
  EFER_LMA,
  EFER_LME,
  eferAllowed,
  flagsIn,
  isFlagWord,
  isLegalCr3,
  VM_ENTRY_IA32E_MODE,
  VM_EXIT_HOST_ADDR_SPACE_SIZE,
  VM_EXIT_LOAD_CET_STATE,
  VM_EXIT_LOAD_IA32_EFER,
  VM_EXIT_LOAD_IA32_PAT,
  VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL,
  VM_EXIT_LOAD_IA32_PKRS,
  VMCS,
  type Word,
  X86_CR4_PAE,
  X86_CR4_PCIDE,
} from '../machine/index.js';
import {
  fieldOf,
  flagsOf,
  hasEntryControl,
  hasExitControl,
  hasLam,
  type Vm,
  type Vmcs12,
} from '../state/index.js';
import { isCanonicalField, isCetValid, isPatValid, isPerfGlobalCtrlValid } from './field-forms.js';
import { isCetWriteProtected, isCr0Fixed, isCr4Fixed } from './fixed-bits.js';
import { isFoundGood } from './found-good.js';

/** Bits of a selector that VM entry wants clear in the host's: RPL and TI. */
const SELECTOR_RPL_TI = 0x7;

/**
 * Whether VM entry accepts the host-state fields, by themselves; if not it is VMfail 8.
 *
 * @see Intel SDM Vol. 3C, "Checks on VMX Controls and Host-State Area"
 * @see Linux `nested_vmx_check_host_state()`, arch/x86/kvm/vmx/nested.c
 */
export function isHostStateValid(vm: Vm, vmcs12: Vmcs12): boolean {
  if (isFoundGood(vm, vmcs12)) return true;
  const is64Bit = hasExitControl(vmcs12, VM_EXIT_HOST_ADDR_SPACE_SIZE);
  return (
    areControlRegistersValid(vm, vmcs12) &&
    areMsrsValid(vm, vmcs12) &&
    areSegmentsValid(vm, vmcs12, is64Bit) &&
    isAddressSpaceValid(vm, vmcs12, is64Bit) &&
    isHostEferValid(vm, vmcs12, is64Bit)
  );
}

/** @see Intel SDM Vol. 3C, "Checks on Host Control Registers, MSRs, and SSP" */
function areControlRegistersValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const { maxphyaddr } = vm.config;
  const cr0 = fieldOf(vmcs12, VMCS.HOST_CR0);
  const cr4 = fieldOf(vmcs12, VMCS.HOST_CR4);
  return (
    isFlagWord(cr0) &&
    isCr0Fixed(flagsIn(cr0), { excused: false }) &&
    isFlagWord(cr4) &&
    isCr4Fixed(vm, flagsIn(cr4)) &&
    isLegalCr3(fieldOf(vmcs12, VMCS.HOST_CR3), { maxphyaddr, lam: hasLam(vm) }) &&
    isCetWriteProtected({ cr0: flagsIn(cr0), cr4: flagsIn(cr4) })
  );
}

function areMsrsValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const loads = (control: number) => hasExitControl(vmcs12, control);
  return (
    isCanonicalField(vm, fieldOf(vmcs12, VMCS.HOST_IA32_SYSENTER_ESP)) &&
    isCanonicalField(vm, fieldOf(vmcs12, VMCS.HOST_IA32_SYSENTER_EIP)) &&
    (!loads(VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL) ||
      isPerfGlobalCtrlValid(fieldOf(vmcs12, VMCS.HOST_IA32_PERF_GLOBAL_CTRL))) &&
    (!loads(VM_EXIT_LOAD_IA32_PAT) || isPatValid(fieldOf(vmcs12, VMCS.HOST_IA32_PAT))) &&
    (!loads(VM_EXIT_LOAD_IA32_PKRS) || isFlagWord(fieldOf(vmcs12, VMCS.HOST_IA32_PKRS))) &&
    (!loads(VM_EXIT_LOAD_CET_STATE) || isCetStateValid(vm, vmcs12))
  );
}

/** Both have 32 bits where the host is not in 64-bit mode. */
function isCetStateValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const cet = fieldOf(vmcs12, VMCS.HOST_S_CET);
  const ssp = fieldOf(vmcs12, VMCS.HOST_SSP);
  const sspTable = fieldOf(vmcs12, VMCS.HOST_INTR_SSP_TABLE);
  const is64Bit = hasExitControl(vmcs12, VM_EXIT_HOST_ADDR_SPACE_SIZE);
  const isLoadable = (word: Word) => (is64Bit ? isCanonicalField(vm, word) : isFlagWord(word));
  return isCetValid(vm, { cet, ssp, sspTable }) && isLoadable(cet) && isLoadable(ssp);
}

/** @see Intel SDM Vol. 3C, "Checks on Host Segment and Descriptor-Table Registers" */
function areSegmentsValid(vm: Vm, vmcs12: Vmcs12, is64Bit: boolean): boolean {
  const selector = (field: number) => flagsOf(vmcs12, field);
  const selectors = [
    VMCS.HOST_ES_SELECTOR,
    VMCS.HOST_CS_SELECTOR,
    VMCS.HOST_SS_SELECTOR,
    VMCS.HOST_DS_SELECTOR,
    VMCS.HOST_FS_SELECTOR,
    VMCS.HOST_GS_SELECTOR,
    VMCS.HOST_TR_SELECTOR,
  ];
  const bases = [
    VMCS.HOST_FS_BASE,
    VMCS.HOST_GS_BASE,
    VMCS.HOST_GDTR_BASE,
    VMCS.HOST_IDTR_BASE,
    VMCS.HOST_TR_BASE,
  ];
  return (
    selectors.every((field) => (selector(field) & SELECTOR_RPL_TI) === 0) &&
    selector(VMCS.HOST_CS_SELECTOR) !== 0 &&
    selector(VMCS.HOST_TR_SELECTOR) !== 0 &&
    (is64Bit || selector(VMCS.HOST_SS_SELECTOR) !== 0) &&
    bases.every((field) => isCanonicalField(vm, fieldOf(vmcs12, field)))
  );
}

/** @see Intel SDM Vol. 3C, "Checks Related to Address-Space Size" */
function isAddressSpaceValid(vm: Vm, vmcs12: Vmcs12, is64Bit: boolean): boolean {
  const cr4 = flagsOf(vmcs12, VMCS.HOST_CR4);
  const rip = fieldOf(vmcs12, VMCS.HOST_RIP);
  if (is64Bit) return (cr4 & X86_CR4_PAE) !== 0 && isCanonicalField(vm, rip);
  return (
    !hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE) && (cr4 & X86_CR4_PCIDE) === 0 && isFlagWord(rip)
  );
}

/** LMA and LME of an EFER that is loaded must agree with the size of the host's address space. */
function isHostEferValid({ config }: Vm, vmcs12: Vmcs12, is64Bit: boolean): boolean {
  if (!hasExitControl(vmcs12, VM_EXIT_LOAD_IA32_EFER)) return true;
  const efer = fieldOf(vmcs12, VMCS.HOST_IA32_EFER);
  const flags = flagsIn(efer);
  return (
    isFlagWord(efer) &&
    (flags & ~eferAllowed({ nx: config.cpuid.nx, svm: false })) === 0 &&
    ((flags & EFER_LMA) !== 0) === is64Bit &&
    ((flags & EFER_LME) !== 0) === is64Bit
  );
}
