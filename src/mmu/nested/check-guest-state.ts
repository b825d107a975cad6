import {
  bitsOf,
  EFER_LMA,
  EFER_LME,
  eferAllowed,
  flagsIn,
  isFlagWord,
  readGuest,
  SECONDARY_EXEC_SHADOW_VMCS,
  VM_ENTRY_IA32E_MODE,
  VM_ENTRY_LOAD_BNDCFGS,
  VM_ENTRY_LOAD_CET_STATE,
  VM_ENTRY_LOAD_DEBUG_CONTROLS,
  VM_ENTRY_LOAD_IA32_EFER,
  VM_ENTRY_LOAD_IA32_PAT,
  VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL,
  VM_ENTRY_LOAD_IA32_PKRS,
  VMCS,
  VMCS12_REVISION,
  wordToNumber,
  X86_CR0_PE,
  X86_CR0_PG,
  X86_CR4_PAE,
  X86_CR4_PCIDE,
} from '../machine/index.js';
import {
  fieldOf,
  flagsOf,
  hasEntryControl,
  hasSecondaryControl,
  type Vm,
  type Vmcs12,
} from '../state/index.js';
import { isRflagsValid, isRipValid } from './check-guest-execution.js';
import { isActivityOffered, isNonRegisterStateValid } from './check-guest-non-register.js';
import { areGuestSegmentsValid } from './check-guest-segments.js';
import {
  hasEqualHighBits,
  isAlignedAddress,
  isCanonicalField,
  isCetValid,
  isPatValid,
  isPerfGlobalCtrlValid,
} from './field-forms.js';
import { isCetWriteProtected, isCr0Fixed, isCr4Fixed, isUnrestricted } from './fixed-bits.js';
import { isFoundGood, keepFoundGood } from './found-good.js';
import { ENTRY_FAIL_DEFAULT, ENTRY_FAIL_VMCS_LINK_PTR } from './load-cr3.js';

/** Bits of IA32_DEBUGCTL that KVM lets a guest load: LBR, BTF and those of LBR and PMI freezing. */
const DEBUGCTL_DEFINED = 0xffc3;

/** Bit 31 of the first four bytes of a VMCS region. */
const SHADOW_VMCS = 2 ** 31;

/**
 * Whether KVM accepts the guest-state fields, CR3 and the PDPTEs aside, which are looked at when they
 * are loaded. Controls and host state have passed by then. KVM looks at some registers, at the link
 * pointer, and then at the rest.
 *
 * @returns Null, or the qualification of the entry failure: exit reason 33.
 * @see Intel SDM Vol. 3C, "Checks on the Guest State Area"
 * @see Linux `nested_vmx_check_guest_state()`, arch/x86/kvm/vmx/nested.c
 */
export function checkGuestState(vm: Vm, vmcs12: Vmcs12): number | null {
  if (isFoundGood(vm, vmcs12)) return null;
  if (!areFirstRegistersValid(vm, vmcs12)) return ENTRY_FAIL_DEFAULT;
  if (!isLinkPointerValid(vm, vmcs12)) return ENTRY_FAIL_VMCS_LINK_PTR;
  return areOtherRegistersValid(vm, vmcs12) && isActivityOffered(vmcs12)
    ? null
    : ENTRY_FAIL_DEFAULT;
}

/**
 * Whether the processor accepts the guest-state fields that KVM has accepted: what KVM leaves to it
 * comes to light when L2 is to run.
 *
 * @see Intel SDM Vol. 3C, "Checks on the Guest State Area"
 */
export function isGuestStateAccepted(vm: Vm, vmcs12: Vmcs12): boolean {
  if (isFoundGood(vm, vmcs12)) return true;
  const isLong = hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE);
  const isAccepted =
    (isLong || (flagsOf(vmcs12, VMCS.GUEST_CR4) & X86_CR4_PCIDE) === 0) &&
    isCanonicalField(vm, fieldOf(vmcs12, VMCS.GUEST_SYSENTER_ESP)) &&
    isCanonicalField(vm, fieldOf(vmcs12, VMCS.GUEST_SYSENTER_EIP)) &&
    isNonRegisterStateValid(vmcs12) &&
    areGuestSegmentsValid(vm, vmcs12) &&
    isRipValid(vm, vmcs12) &&
    isRflagsValid(vmcs12);
  if (isAccepted) keepFoundGood(vm, vmcs12);
  return isAccepted;
}

/** @see Intel SDM Vol. 3C, "Checks on Guest Control Registers, Debug Registers, and MSRs" */
function areFirstRegistersValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const cr0 = flagsOf(vmcs12, VMCS.GUEST_CR0);
  const cr4 = flagsOf(vmcs12, VMCS.GUEST_CR4);
  const loads = (control: number) => hasEntryControl(vmcs12, control);
  return (
    areHighBitsClear(vmcs12) &&
    isCr0Fixed(cr0, { excused: isUnrestricted(vmcs12) }) &&
    isCr4Fixed(vm, cr4) &&
    isCetWriteProtected({ cr0, cr4 }) &&
    (!loads(VM_ENTRY_LOAD_DEBUG_CONTROLS) || areDebugControlsValid(vmcs12)) &&
    (!loads(VM_ENTRY_LOAD_IA32_PAT) || isPatValid(fieldOf(vmcs12, VMCS.GUEST_IA32_PAT)))
  );
}

function areHighBitsClear(vmcs12: Vmcs12): boolean {
  return [VMCS.GUEST_CR0, VMCS.GUEST_CR4].every((encoding) =>
    isFlagWord(fieldOf(vmcs12, encoding)),
  );
}

/**
 * All ones, or the address of a VMCS that says of itself whether it is a shadow.
 *
 * @see Linux `nested_vmx_check_vmcs_link_ptr()`, arch/x86/kvm/vmx/nested.c
 */
function isLinkPointerValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const pointer = fieldOf(vmcs12, VMCS.VMCS_LINK_POINTER);
  if (pointer.page === 2 ** 52 - 1 && pointer.low === 0xfff) return true;
  if (!isAlignedAddress(vm, pointer, 12)) return false;
  const header = readGuest(vm.memory, wordToNumber(pointer));
  if (header === null) return false;
  const isShadow = hasSecondaryControl(vmcs12, SECONDARY_EXEC_SHADOW_VMCS);
  return flagsIn(header) === (isShadow ? VMCS12_REVISION + SHADOW_VMCS : VMCS12_REVISION);
}

function areOtherRegistersValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const loads = (control: number) => hasEntryControl(vmcs12, control);
  return (
    (!loads(VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL) ||
      isPerfGlobalCtrlValid(fieldOf(vmcs12, VMCS.GUEST_IA32_PERF_GLOBAL_CTRL))) &&
    isPagingModeValid(vmcs12) &&
    isGuestEferValid(vm, vmcs12) &&
    (!loads(VM_ENTRY_LOAD_BNDCFGS) || isBndcfgsValid(vm, vmcs12)) &&
    (!loads(VM_ENTRY_LOAD_CET_STATE) || isCetStateValid(vm, vmcs12)) &&
    (!loads(VM_ENTRY_LOAD_IA32_PKRS) || isFlagWord(fieldOf(vmcs12, VMCS.GUEST_IA32_PKRS)))
  );
}

function isPagingModeValid(vmcs12: Vmcs12): boolean {
  const cr0 = flagsOf(vmcs12, VMCS.GUEST_CR0);
  const paging = (cr0 & X86_CR0_PG) !== 0;
  if (paging && (cr0 & X86_CR0_PE) === 0) return false;
  if (!hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE)) return true;
  return paging && (flagsOf(vmcs12, VMCS.GUEST_CR4) & X86_CR4_PAE) !== 0;
}

function areDebugControlsValid(vmcs12: Vmcs12): boolean {
  const debugctl = fieldOf(vmcs12, VMCS.GUEST_IA32_DEBUGCTL);
  return (
    isFlagWord(fieldOf(vmcs12, VMCS.GUEST_DR7)) &&
    isFlagWord(debugctl) &&
    (flagsOf(vmcs12, VMCS.GUEST_IA32_DEBUGCTL) & ~DEBUGCTL_DEFINED) === 0
  );
}

function isBndcfgsValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const bndcfgs = fieldOf(vmcs12, VMCS.GUEST_BNDCFGS);
  return bitsOf(bndcfgs, { high: 11, low: 2 }) === 0 && isCanonicalField(vm, bndcfgs);
}

function isCetStateValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const cet = fieldOf(vmcs12, VMCS.GUEST_S_CET);
  const ssp = fieldOf(vmcs12, VMCS.GUEST_SSP);
  const sspTable = fieldOf(vmcs12, VMCS.GUEST_INTR_SSP_TABLE);
  return isCetValid(vm, { cet, ssp, sspTable }) && hasEqualHighBits(vm, ssp);
}

/** LMA of an EFER that is loaded must be the entry's mode; LME as well, with paging on. */
function isGuestEferValid({ config }: Vm, vmcs12: Vmcs12): boolean {
  if (!hasEntryControl(vmcs12, VM_ENTRY_LOAD_IA32_EFER)) return true;
  if (!isFlagWord(fieldOf(vmcs12, VMCS.GUEST_IA32_EFER))) return false;
  const isLong = hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE);
  const paging = (flagsOf(vmcs12, VMCS.GUEST_CR0) & X86_CR0_PG) !== 0;
  const efer = flagsOf(vmcs12, VMCS.GUEST_IA32_EFER);
  const lma = (efer & EFER_LMA) !== 0;
  const lme = (efer & EFER_LME) !== 0;
  return (
    (efer & ~eferAllowed({ nx: config.cpuid.nx, svm: false })) === 0 &&
    lma === isLong &&
    (!paging || lme === lma)
  );
}
