import {
  bitsOf,
  isFlagWord,
  VM_ENTRY_IA32E_MODE,
  VMCS,
  X86_CR0_PE,
  X86_EFLAGS_IF,
  X86_EFLAGS_VM,
} from '../machine/index.js';
import { fieldOf, flagsOf, hasEntryControl, type Vm, type Vmcs12 } from '../state/index.js';
import { guestCplOf, isGuestCs64Bit } from './check-guest-segments.js';
import { isCanonicalField } from './field-forms.js';

/** Bit 1 of RFLAGS is always 1; these are always 0. */
const RFLAGS_FIXED = 0x2;
const RFLAGS_RESERVED = 0xffc08028;

const GUEST_ACTIVITY = { ACTIVE: 0, HLT: 1, SHUTDOWN: 2, WAIT_SIPI: 3 } as const;

const BLOCKING_BY_STI = 0x1;
const BLOCKING_BY_MOV_SS = 0x2;
const BLOCKING_BY_SMI = 0x4;
const INTERRUPTIBILITY_DEFINED = 0x1f;

/** Event to inject: valid, with type 0 (external interrupt) or 2 (NMI). */
const INTR_INFO_EXT_INTR = 0x80000000;
const INTR_INFO_NMI = 0x80000200;
const INTR_INFO_VALID_AND_TYPE = 0x80000700;

/** @see Intel SDM Vol. 3C, "Checks on Guest RIP, RFLAGS, and SSP" */
export function isRipValid(vm: Vm, vmcs12: Vmcs12): boolean {
  const rip = fieldOf(vmcs12, VMCS.GUEST_RIP);
  const is64Bit = hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE) && isGuestCs64Bit(vmcs12);
  return is64Bit ? isCanonicalField(vm, rip) : isFlagWord(rip);
}

/** @see Intel SDM Vol. 3C, "Checks on Guest RIP, RFLAGS, and SSP" */
export function isRflagsValid(vmcs12: Vmcs12): boolean {
  const rflags = flagsOf(vmcs12, VMCS.GUEST_RFLAGS);
  const isProtected = (flagsOf(vmcs12, VMCS.GUEST_CR0) & X86_CR0_PE) !== 0;
  const mayBeVm86 = isProtected && !hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE);
  return (
    isFlagWord(fieldOf(vmcs12, VMCS.GUEST_RFLAGS)) &&
    (rflags & RFLAGS_FIXED) !== 0 &&
    (rflags & RFLAGS_RESERVED) === 0 &&
    (mayBeVm86 || (rflags & X86_EFLAGS_VM) === 0) &&
    (injectedType(vmcs12) !== INTR_INFO_EXT_INTR || (rflags & X86_EFLAGS_IF) !== 0)
  );
}

/**
 * Whether the guest may start in its activity state, with what blocks interrupts there. KVM offers
 * a guest no shutdown state.
 *
 * @see Intel SDM Vol. 3C, "Checks on Guest Non-Register State"
 * @see Linux `nested_check_guest_non_reg_state()`, arch/x86/kvm/vmx/nested.c
 */
export function isActivityValid(vmcs12: Vmcs12): boolean {
  const state = flagsOf(vmcs12, VMCS.GUEST_ACTIVITY_STATE);
  const { ACTIVE, HLT, WAIT_SIPI } = GUEST_ACTIVITY;
  if (state !== ACTIVE && state !== HLT && state !== WAIT_SIPI) return false;
  if (state === HLT && guestCplOf(vmcs12) !== 0) return false;
  return isInterruptibilityValid(vmcs12, state === ACTIVE);
}

function isInterruptibilityValid(vmcs12: Vmcs12, isActive: boolean): boolean {
  const blocking = flagsOf(vmcs12, VMCS.GUEST_INTERRUPTIBILITY_INFO);
  const bySti = (blocking & BLOCKING_BY_STI) !== 0;
  const byMovSs = (blocking & BLOCKING_BY_MOV_SS) !== 0;
  const interruptsOn = bitsOf(fieldOf(vmcs12, VMCS.GUEST_RFLAGS), { high: 9, low: 9 }) !== 0;
  const injected = injectedType(vmcs12);
  return (
    (blocking & ~INTERRUPTIBILITY_DEFINED) === 0 &&
    !(bySti && byMovSs) &&
    (!bySti || interruptsOn) &&
    (isActive || !(bySti || byMovSs)) &&
    (blocking & BLOCKING_BY_SMI) === 0 &&
    !(injected === INTR_INFO_EXT_INTR && (bySti || byMovSs)) &&
    !(injected === INTR_INFO_NMI && byMovSs)
  );
}

function injectedType(vmcs12: Vmcs12): number {
  return (flagsOf(vmcs12, VMCS.VM_ENTRY_INTR_INFO_FIELD) & INTR_INFO_VALID_AND_TYPE) >>> 0;
}
