import type { VmcsFieldName } from './vmcs-fields.js';
import { bitsOf, type Word } from './word.js';

/** The control words of a VMCS that have a capability MSR. */
export type ControlWord = 'pin' | 'primary' | 'secondary' | 'exit' | 'entry';

/** A capability MSR of a control word: the bits that must be 1, and the bits that may be. */
export interface ControlCapability {
  /** Allowed 0-settings: bits 31:0 of the MSR. */
  readonly mustBeSet: number;
  /** Allowed 1-settings: bits 63:32 of the MSR. */
  readonly maySet: number;
}

export type ControlCapabilities = Readonly<Record<ControlWord, ControlCapability>>;

/** @see Intel SDM Vol. 3D, "Reserved Controls and Default Settings" */
export function controlCapabilityOf(msr: Word): ControlCapability {
  return {
    mustBeSet: bitsOf(msr, { high: 31, low: 0 }),
    maySet: bitsOf(msr, { high: 63, low: 32 }),
  };
}

/** @see Linux `vmx_control_verify()`, arch/x86/kvm/vmx/nested.c */
export function isControlWordValid(
  controls: number,
  { mustBeSet, maySet }: ControlCapability,
): boolean {
  return (controls & maySet) >>> 0 === controls >>> 0 && (mustBeSet & ~controls) === 0;
}

/** A control whose allowed 1-setting brings a component with it. */
type Control = readonly [ControlWord, number];

/** No processor that has VMX as KVM offers it to a guest has the component. */
const NEVER: readonly Control[] = [];
const EPT: readonly Control[] = [['secondary', 0x2]];
const POSTED_INTERRUPTS: readonly Control[] = [['pin', 0x80]];
const INTERRUPT_DELIVERY: readonly Control[] = [['secondary', 0x200]];
const PML: readonly Control[] = [['secondary', 0x20000]];
const VE: readonly Control[] = [['secondary', 0x40000]];
const SHADOW_VMCS: readonly Control[] = [['secondary', 0x4000]];
const PASID: readonly Control[] = [['secondary', 0x200000]];
const TERTIARY: readonly Control[] = [['primary', 0x20000]];
const LOAD_CET_ON_ENTRY: readonly Control[] = [['entry', 0x100000]];
const LOAD_CET_ON_EXIT: readonly Control[] = [['exit', 0x10000000]];

/**
 * Components that exist only where one of some controls may be set; every other exists always.
 *
 * @see Intel SDM Vol. 3D, "Field Encoding in VMCS", the notes below its tables
 */
const NEEDS: Partial<Readonly<Record<VmcsFieldName, readonly Control[]>>> = {
  VIRTUAL_PROCESSOR_ID: [['secondary', 0x20]],
  POSTED_INTR_NV: POSTED_INTERRUPTS,
  POSTED_INTR_DESC_ADDR: POSTED_INTERRUPTS,
  EPTP_INDEX: VE,
  VE_INFORMATION_ADDRESS: VE,
  HLAT_PREFIX_SIZE: TERTIARY,
  HLAT_POINTER: TERTIARY,
  LAST_PID_POINTER_INDEX: TERTIARY,
  PID_POINTER_TABLE: TERTIARY,
  TERTIARY_VM_EXEC_CONTROL: TERTIARY,
  SPEC_CTRL_MASK: TERTIARY,
  SPEC_CTRL_SHADOW: TERTIARY,
  GUEST_INTR_STATUS: INTERRUPT_DELIVERY,
  EOI_EXIT_BITMAP0: INTERRUPT_DELIVERY,
  EOI_EXIT_BITMAP1: INTERRUPT_DELIVERY,
  EOI_EXIT_BITMAP2: INTERRUPT_DELIVERY,
  EOI_EXIT_BITMAP3: INTERRUPT_DELIVERY,
  GUEST_PML_INDEX: PML,
  PML_ADDRESS: PML,
  GUEST_UINV: [
    ['entry', 0x80000],
    ['exit', 0x8000000],
  ],
  MSR_BITMAP: [['primary', 0x10000000]],
  VIRTUAL_APIC_PAGE_ADDR: [['primary', 0x200000]],
  TPR_THRESHOLD: [['primary', 0x200000]],
  APIC_ACCESS_ADDR: [['secondary', 0x1]],
  VM_FUNCTION_CONTROL: [['secondary', 0x2000]],
  EPTP_LIST_ADDRESS: [['secondary', 0x2000]],
  EPT_POINTER: EPT,
  GUEST_PHYSICAL_ADDRESS: EPT,
  GUEST_PDPTR0: EPT,
  GUEST_PDPTR1: EPT,
  GUEST_PDPTR2: EPT,
  GUEST_PDPTR3: EPT,
  VMREAD_BITMAP: SHADOW_VMCS,
  VMWRITE_BITMAP: SHADOW_VMCS,
  XSS_EXIT_BITMAP: [['secondary', 0x100000]],
  ENCLS_EXITING_BITMAP: [['secondary', 0x8000]],
  ENCLV_EXITING_BITMAP: [['secondary', 0x10000000]],
  SUB_PAGE_PERMISSION_TABLE_POINTER: [['secondary', 0x800000]],
  TSC_MULTIPLIER: [['secondary', 0x2000000]],
  LOW_PASID_DIRECTORY: PASID,
  HIGH_PASID_DIRECTORY: PASID,
  SHARED_EPT_POINTER: NEVER,
  PCONFIG_EXITING_BITMAP: [['secondary', 0x8000000]],
  SECONDARY_VM_EXIT_CONTROLS: [['exit', 0x80000000]],
  SECONDARY_VM_EXEC_CONTROL: [['primary', 0x80000000]],
  PLE_GAP: [['secondary', 0x400]],
  PLE_WINDOW: [['secondary', 0x400]],
  INSTRUCTION_TIMEOUT_CONTROL: [['secondary', 0x80000000]],
  VMX_PREEMPTION_TIMER_VALUE: [['pin', 0x40]],
  GUEST_IA32_PAT: [
    ['entry', 0x4000],
    ['exit', 0x40000],
  ],
  GUEST_IA32_EFER: [
    ['entry', 0x8000],
    ['exit', 0x100000],
  ],
  GUEST_IA32_PERF_GLOBAL_CTRL: [['entry', 0x2000]],
  GUEST_BNDCFGS: [
    ['entry', 0x10000],
    ['exit', 0x800000],
  ],
  GUEST_IA32_RTIT_CTL: [
    ['entry', 0x40000],
    ['exit', 0x2000000],
  ],
  GUEST_IA32_LBR_CTL: [
    ['entry', 0x200000],
    ['exit', 0x4000000],
  ],
  GUEST_IA32_PKRS: [['entry', 0x400000]],
  HOST_IA32_PAT: [['exit', 0x80000]],
  HOST_IA32_EFER: [['exit', 0x200000]],
  HOST_IA32_PERF_GLOBAL_CTRL: [['exit', 0x1000]],
  HOST_IA32_PKRS: [['exit', 0x20000000]],
  GUEST_S_CET: LOAD_CET_ON_ENTRY,
  GUEST_SSP: LOAD_CET_ON_ENTRY,
  GUEST_INTR_SSP_TABLE: LOAD_CET_ON_ENTRY,
  HOST_S_CET: LOAD_CET_ON_EXIT,
  HOST_SSP: LOAD_CET_ON_EXIT,
  HOST_INTR_SSP_TABLE: LOAD_CET_ON_EXIT,
};

/** Whether a processor with these capabilities has a component. */
export function hasVmcsField(name: VmcsFieldName, capabilities: ControlCapabilities): boolean {
  const needs = NEEDS[name];
  if (needs === undefined) return true;
  return needs.some(([word, control]) => (capabilities[word].maySet & control) !== 0);
}
