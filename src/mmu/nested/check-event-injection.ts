import { VMCS, X86_CR0_PE } from '../machine/index.js';
import { flagsOf, type Vmcs12 } from '../state/index.js';
import { isUnrestricted } from './fixed-bits.js';

/** Types of an event in the interruption information, bits 10:8. */
export const EVENT_TYPE = {
  EXT_INTR: 0,
  RESERVED: 1,
  NMI: 2,
  HARD_EXCEPTION: 3,
  SOFT_INTR: 4,
  PRIV_SW_EXCEPTION: 5,
  SOFT_EXCEPTION: 6,
  OTHER_EVENT: 7,
} as const;

const INTR_INFO_VALID = 0x80000000;
const INTR_INFO_RESERVED = 0x7ffff000;
const INTR_INFO_DELIVER_CODE = 0x800;

const NMI_VECTOR = 2;
const VECTORS_OF_EXCEPTIONS = 32;

/** Exceptions that push an error code: #DF, #TS, #NP, #SS, #GP, #PF, #AC. */
const WITH_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17]);

const ERROR_CODE_RESERVED = 0xffff0000;
const INSTRUCTION_LEN_MAX = 15;

/**
 * Whether VM entry accepts the event that it is to inject, if it is to inject one.
 *
 * @see Intel SDM Vol. 3C, "VM-Entry Control Fields", under "Checks on VMX Controls"
 * @see Linux `nested_check_vm_entry_controls()`, arch/x86/kvm/vmx/nested.c
 */
export function isEventInjectionValid(vmcs12: Vmcs12): boolean {
  const info = flagsOf(vmcs12, VMCS.VM_ENTRY_INTR_INFO_FIELD);
  if ((info & INTR_INFO_VALID) === 0) return true;
  const event = eventOf(info);
  return (
    (info & INTR_INFO_RESERVED) === 0 &&
    isEventKnown(event) &&
    isErrorCodeValid(vmcs12, event, (info & INTR_INFO_DELIVER_CODE) !== 0) &&
    isInstructionLengthValid(vmcs12, event.type)
  );
}

/** An event that VM entry is to inject. */
export interface InjectedEvent {
  readonly type: number;
  readonly vector: number;
}

/** The event that VM entry is to inject, if it is to inject one. */
export function injectedEventOf(vmcs12: Vmcs12): InjectedEvent | null {
  const info = flagsOf(vmcs12, VMCS.VM_ENTRY_INTR_INFO_FIELD);
  return (info & INTR_INFO_VALID) === 0 ? null : eventOf(info);
}

function eventOf(info: number): InjectedEvent {
  return { type: (info >>> 8) & 7, vector: info & 0xff };
}

function isEventKnown({ type, vector }: InjectedEvent): boolean {
  if (type === EVENT_TYPE.RESERVED) return false;
  if (type === EVENT_TYPE.NMI) return vector === NMI_VECTOR;
  if (type === EVENT_TYPE.HARD_EXCEPTION) return vector < VECTORS_OF_EXCEPTIONS;
  // "Other event" is a pending MTF, which KVM offers to L1.
  return type !== EVENT_TYPE.OTHER_EVENT || vector === 0;
}

/** An error code goes with the exceptions that have one, in protected mode, and with them alone. */
function isErrorCodeValid(
  vmcs12: Vmcs12,
  { type, vector }: InjectedEvent,
  delivers: boolean,
): boolean {
  const isProtected =
    !isUnrestricted(vmcs12) || (flagsOf(vmcs12, VMCS.GUEST_CR0) & X86_CR0_PE) !== 0;
  const shouldDeliver =
    isProtected && type === EVENT_TYPE.HARD_EXCEPTION && WITH_ERROR_CODE.has(vector);
  if (delivers !== shouldDeliver) return false;
  const code = flagsOf(vmcs12, VMCS.VM_ENTRY_EXCEPTION_ERROR_CODE);
  return !delivers || (code & ERROR_CODE_RESERVED) === 0;
}

/**
 * Software events are instructions of 1 to 15 bytes. A length of 0 would be bit 30 of IA32_VMX_MISC,
 * which KVM never offers.
 *
 * @see Linux `nested_vmx_setup_misc_data()`, `nested_cpu_has_zero_length_injection()`
 */
function isInstructionLengthValid(vmcs12: Vmcs12, type: number): boolean {
  const isSoftware =
    type === EVENT_TYPE.SOFT_INTR ||
    type === EVENT_TYPE.PRIV_SW_EXCEPTION ||
    type === EVENT_TYPE.SOFT_EXCEPTION;
  const length = flagsOf(vmcs12, VMCS.VM_ENTRY_INSTRUCTION_LEN);
  return !isSoftware || (length > 0 && length <= INSTRUCTION_LEN_MAX);
}
