import {
  bitsOf,
  PIN_BASED_VIRTUAL_NMIS,
  VMCS,
  X86_EFLAGS_IF,
  X86_EFLAGS_TF,
} from '../machine/index.js';
import { fieldOf, flagsOf, hasPinControl, type Vmcs12 } from '../state/index.js';
import { EVENT_TYPE, type InjectedEvent, injectedEventOf } from './check-event-injection.js';
import { guestCplOf } from './check-guest-segments.js';

/** States of activity: active, halted, shut down, waiting for a startup IPI. */
const GUEST_ACTIVITY = { ACTIVE: 0, HLT: 1, SHUTDOWN: 2, WAIT_SIPI: 3 } as const;

const BLOCKING_BY_STI = 0x1;
const BLOCKING_BY_MOV_SS = 0x2;
const BLOCKING_BY_SMI = 0x4;
const BLOCKING_BY_NMI = 0x8;
/** Bit 4 tells of an enclave, which the model's processor does not have. */
const INTERRUPTIBILITY_DEFINED = 0xf;

const VECTOR_DB = 1;
const VECTOR_MC = 18;

const DEBUGCTL_BTF = 0x2;
const PENDING_BS = 0x4000;
/** Breakpoints met (bits 3:0), one of them enabled (12), a single step (14); RTM is not offered. */
const PENDING_DEFINED = 0x500f;

/**
 * Whether KVM accepts the activity state of an L2: it offers no shutdown state.
 *
 * @see Linux `nested_check_guest_non_reg_state()`, arch/x86/kvm/vmx/nested.c
 */
export function isActivityOffered(vmcs12: Vmcs12): boolean {
  return (
    flagsOf(vmcs12, VMCS.GUEST_ACTIVITY_STATE) !== GUEST_ACTIVITY.SHUTDOWN && isActivity(vmcs12)
  );
}

/**
 * Whether the processor starts a guest in its activity state, with what blocks interrupts there, and
 * with the debug exceptions that are pending.
 *
 * @see Intel SDM Vol. 3C, "Checks on Guest Non-Register State"
 */
export function isNonRegisterStateValid(vmcs12: Vmcs12): boolean {
  const event = injectedEventOf(vmcs12);
  return (
    isActivityValid(vmcs12, event) &&
    isInterruptibilityValid(vmcs12, event) &&
    arePendingDebugExceptionsValid(vmcs12)
  );
}

function isActivity(vmcs12: Vmcs12): boolean {
  return flagsOf(vmcs12, VMCS.GUEST_ACTIVITY_STATE) <= GUEST_ACTIVITY.WAIT_SIPI;
}

function isActivityValid(vmcs12: Vmcs12, event: InjectedEvent | null): boolean {
  const state = flagsOf(vmcs12, VMCS.GUEST_ACTIVITY_STATE);
  if (state === GUEST_ACTIVITY.HLT && guestCplOf(vmcs12) !== 0) return false;
  if (state !== GUEST_ACTIVITY.ACTIVE && isBlockedByInstruction(vmcs12)) return false;
  return event === null || isEventTakenIn(state, event);
}

/** Whether an event would wake a logical processor that is in an activity state. */
function isEventTakenIn(state: number, { type, vector }: InjectedEvent): boolean {
  if (state === GUEST_ACTIVITY.ACTIVE) return true;
  if (state !== GUEST_ACTIVITY.HLT) return false;
  const { EXT_INTR, NMI, HARD_EXCEPTION, OTHER_EVENT } = EVENT_TYPE;
  if (type === HARD_EXCEPTION) return vector === VECTOR_DB || vector === VECTOR_MC;
  return type === EXT_INTR || type === NMI || type === OTHER_EVENT;
}

function isInterruptibilityValid(vmcs12: Vmcs12, event: InjectedEvent | null): boolean {
  const blocking = flagsOf(vmcs12, VMCS.GUEST_INTERRUPTIBILITY_INFO);
  const bySti = (blocking & BLOCKING_BY_STI) !== 0;
  const byMovSs = (blocking & BLOCKING_BY_MOV_SS) !== 0;
  const interruptsOn = (flagsOf(vmcs12, VMCS.GUEST_RFLAGS) & X86_EFLAGS_IF) !== 0;
  return (
    (blocking & ~INTERRUPTIBILITY_DEFINED) === 0 &&
    !(bySti && byMovSs) &&
    (!bySti || interruptsOn) &&
    (blocking & BLOCKING_BY_SMI) === 0 &&
    !(event?.type === EVENT_TYPE.EXT_INTR && (bySti || byMovSs)) &&
    !(event?.type === EVENT_TYPE.NMI && (byMovSs || isNmiBlocked(vmcs12, blocking)))
  );
}

/** Blocking by NMI is virtual, and counts for an event, under "virtual NMIs" alone. */
function isNmiBlocked(vmcs12: Vmcs12, blocking: number): boolean {
  return (blocking & BLOCKING_BY_NMI) !== 0 && hasPinControl(vmcs12, PIN_BASED_VIRTUAL_NMIS);
}

/** Where an instruction has just held exceptions back, or HLT is over, a single step is pending. */
function arePendingDebugExceptionsValid(vmcs12: Vmcs12): boolean {
  const pending = fieldOf(vmcs12, VMCS.GUEST_PENDING_DBG_EXCEPTIONS);
  const flags = flagsOf(vmcs12, VMCS.GUEST_PENDING_DBG_EXCEPTIONS);
  if (bitsOf(pending, { high: 63, low: 32 }) !== 0 || (flags & ~PENDING_DEFINED) !== 0)
    return false;
  const isHalted = flagsOf(vmcs12, VMCS.GUEST_ACTIVITY_STATE) === GUEST_ACTIVITY.HLT;
  if (!isHalted && !isBlockedByInstruction(vmcs12)) return true;
  const isTrapping = (flagsOf(vmcs12, VMCS.GUEST_RFLAGS) & X86_EFLAGS_TF) !== 0;
  const isPerBranch = (flagsOf(vmcs12, VMCS.GUEST_IA32_DEBUGCTL) & DEBUGCTL_BTF) !== 0;
  return ((flags & PENDING_BS) !== 0) === (isTrapping && !isPerBranch);
}

/** Whether STI or MOV SS was the guest's last instruction. */
function isBlockedByInstruction(vmcs12: Vmcs12): boolean {
  const blocking = flagsOf(vmcs12, VMCS.GUEST_INTERRUPTIBILITY_INFO);
  return (blocking & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)) !== 0;
}
