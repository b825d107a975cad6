import {
  isFlagWord,
  VM_ENTRY_IA32E_MODE,
  VMCS,
  X86_CR0_PE,
  X86_EFLAGS_IF,
  X86_EFLAGS_VM,
} from '../machine/index.js';
import { fieldOf, flagsOf, hasEntryControl, type Vm, type Vmcs12 } from '../state/index.js';
import { EVENT_TYPE, injectedEventOf } from './check-event-injection.js';
import { isGuestCs64Bit } from './check-guest-segments.js';
import { hasEqualHighBits } from './field-forms.js';

/** Bit 1 of RFLAGS is always 1; these are always 0. */
const RFLAGS_FIXED = 0x2;
const RFLAGS_RESERVED = 0xffc08028;

/** @see Intel SDM Vol. 3C, "Checks on Guest RIP, RFLAGS, and SSP" */
export function isRipValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const rip = fieldOf(vmcs12, VMCS.GUEST_RIP);
  const is64Bit = hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE) && isGuestCs64Bit(vmcs12);
  return is64Bit ? hasEqualHighBits(vm, rip) : isFlagWord(rip);
}

/** @see Intel SDM Vol. 3C, "Checks on Guest RIP, RFLAGS, and SSP" */
export function isRflagsValid(vmcs12: Vmcs12): boolean {
  const rflags = flagsOf(vmcs12, VMCS.GUEST_RFLAGS);
  const isProtected = (flagsOf(vmcs12, VMCS.GUEST_CR0) & X86_CR0_PE) !== 0;
  const mayBeVm86 = isProtected && !hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE);
  const isInterrupted = injectedEventOf(vmcs12)?.type === EVENT_TYPE.EXT_INTR;
  return (
    isFlagWord(fieldOf(vmcs12, VMCS.GUEST_RFLAGS)) &&
    (rflags & RFLAGS_FIXED) !== 0 &&
    (rflags & RFLAGS_RESERVED) === 0 &&
    (mayBeVm86 || (rflags & X86_EFLAGS_VM) === 0) &&
    (!isInterrupted || (rflags & X86_EFLAGS_IF) !== 0)
  );
}
