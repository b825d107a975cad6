import {
  EFER_LMA,
  EFER_LME,
  eferAllowed,
  isFlagWord,
  VM_ENTRY_IA32E_MODE,
  VM_ENTRY_LOAD_IA32_EFER,
  VMCS,
  X86_CR0_PE,
  X86_CR0_PG,
  X86_CR4_PAE,
  X86_CR4_PCIDE,
} from '../machine/index.js';
import { fieldOf, flagsOf, hasEntryControl, type Vm, type Vmcs12 } from '../state/index.js';
import { isCr0Fixed, isCr4Fixed, isUnrestricted } from './fixed-bits.js';
import { ENTRY_FAIL_DEFAULT } from './load-cr3.js';

/**
 * Whether VM entry accepts the guest-state fields, CR3 and the PDPTEs aside, which are looked at
 * when they are loaded.
 *
 * @returns Null, or the qualification of the entry failure: exit reason 33.
 * @see Intel SDM Vol. 3C, "Checks on Guest Control Registers, Debug Registers, and MSRs"
 * @see Linux `nested_vmx_check_guest_state()`, arch/x86/kvm/vmx/nested.c
 */
export function checkGuestState(vm: Vm, vmcs12: Vmcs12): number | null {
  const cr0 = flagsOf(vmcs12, VMCS.GUEST_CR0);
  const cr4 = flagsOf(vmcs12, VMCS.GUEST_CR4);
  const isLong = hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE);
  const paging = (cr0 & X86_CR0_PG) !== 0;
  const isValid =
    areHighBitsClear(vmcs12) &&
    isCr0Fixed(cr0, { excused: isUnrestricted(vmcs12) }) &&
    isCr4Fixed(vm, cr4) &&
    (!paging || (cr0 & X86_CR0_PE) !== 0) &&
    (isLong ? paging && (cr4 & X86_CR4_PAE) !== 0 : (cr4 & X86_CR4_PCIDE) === 0) &&
    isGuestEferValid(vm, vmcs12, { isLong, paging });
  return isValid ? null : ENTRY_FAIL_DEFAULT;
}

function areHighBitsClear(vmcs12: Vmcs12): boolean {
  return [VMCS.GUEST_CR0, VMCS.GUEST_CR4].every((encoding) =>
    isFlagWord(fieldOf(vmcs12, encoding)),
  );
}

/** LMA of an EFER that is loaded must be the entry's mode; LME as well, with paging on. */
function isGuestEferValid(
  { config }: Vm,
  vmcs12: Vmcs12,
  { isLong, paging }: { isLong: boolean; paging: boolean },
): boolean {
  if (!hasEntryControl(vmcs12, VM_ENTRY_LOAD_IA32_EFER)) return true;
  if (!isFlagWord(fieldOf(vmcs12, VMCS.GUEST_IA32_EFER))) return false;
  const efer = flagsOf(vmcs12, VMCS.GUEST_IA32_EFER);
  const lma = (efer & EFER_LMA) !== 0;
  const lme = (efer & EFER_LME) !== 0;
  return (efer & ~eferAllowed(config.cpuid.nx)) === 0 && lma === isLong && (!paging || lme === lma);
}
