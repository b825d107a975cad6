import {
  bitsOf,
  CPU_BASED_ACTIVATE_SECONDARY_CONTROLS,
  flagsIn,
  isSameWord,
  SECONDARY_EXEC_ENABLE_EPT,
  SECONDARY_EXEC_ENABLE_VPID,
  VMCS,
  type Word,
  ZERO,
} from '../machine/index.js';
import type { VmConfig } from '../schema/index.js';

/**
 * A VMCS of L1, `struct vmcs12`. It lies in L1's memory, and any vCPU may load it.
 *
 * @see Linux `struct vmcs12`, arch/x86/kvm/vmx/vmcs12.h
 */
export interface Vmcs12 {
  readonly gpa: number;
  launched: boolean;
  /** Components by encoding. One that was never written reads as zero. */
  readonly fields: Map<number, Word>;
  /** The configuration under which VM entry found all fields good as they are; else null. */
  foundGoodBy: VmConfig | null;
}

/** Bits 11:10 of an encoding that tell of VM-exit information, which no VM entry checks. */
const FIELD_TYPE = 3 << 10;
const EXIT_INFORMATION = 1 << 10;

export function fieldOf({ fields }: Vmcs12, encoding: number): Word {
  return fields.get(encoding) ?? ZERO;
}

/** CR3 aside, which is looked at when it is loaded, another value has to be checked. */
export function setField(vmcs12: Vmcs12, encoding: number, value: Word): void {
  const isChecked = (encoding & FIELD_TYPE) !== EXIT_INFORMATION && encoding !== VMCS.GUEST_CR3;
  if (isChecked && !isSameWord(fieldOf(vmcs12, encoding), value)) vmcs12.foundGoodBy = null;
  vmcs12.fields.set(encoding, value);
}

/** A field's low 32 bits: a control word or the part of a register that holds flags. */
export function flagsOf(vmcs12: Vmcs12, encoding: number): number {
  return flagsIn(fieldOf(vmcs12, encoding));
}

export function hasPinControl(vmcs12: Vmcs12, control: number): boolean {
  return hasFlag(flagsOf(vmcs12, VMCS.PIN_BASED_VM_EXEC_CONTROL), control);
}

export function hasCpuControl(vmcs12: Vmcs12, control: number): boolean {
  return hasFlag(flagsOf(vmcs12, VMCS.CPU_BASED_VM_EXEC_CONTROL), control);
}

/** Secondary controls count only while the primary ones activate them. */
export function hasSecondaryControl(vmcs12: Vmcs12, control: number): boolean {
  return (
    hasCpuControl(vmcs12, CPU_BASED_ACTIVATE_SECONDARY_CONTROLS) &&
    hasFlag(flagsOf(vmcs12, VMCS.SECONDARY_VM_EXEC_CONTROL), control)
  );
}

export function hasEntryControl(vmcs12: Vmcs12, control: number): boolean {
  return hasFlag(flagsOf(vmcs12, VMCS.VM_ENTRY_CONTROLS), control);
}

export function hasExitControl(vmcs12: Vmcs12, control: number): boolean {
  return hasFlag(flagsOf(vmcs12, VMCS.VM_EXIT_CONTROLS), control);
}

/** EPT pointer, or null where L1 gives L2 no EPT. */
export function eptpOf(vmcs12: Vmcs12): Word | null {
  return hasSecondaryControl(vmcs12, SECONDARY_EXEC_ENABLE_EPT)
    ? fieldOf(vmcs12, VMCS.EPT_POINTER)
    : null;
}

/** VPID from 0 to 65535, or null where L1 gives L2 none. */
export function vpidOf(vmcs12: Vmcs12): number | null {
  return hasSecondaryControl(vmcs12, SECONDARY_EXEC_ENABLE_VPID)
    ? bitsOf(fieldOf(vmcs12, VMCS.VIRTUAL_PROCESSOR_ID), { high: 15, low: 0 })
    : null;
}

function hasFlag(flags: number, flag: number): boolean {
  return (flags & flag) !== 0;
}
