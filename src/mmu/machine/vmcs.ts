/**
 * The fields of a VMCS that the model reads, by the manual's names and encodings, and the control
 * bits in them. A VMWRITE to any other component is VMfail 12.
 *
 * @see Intel SDM Vol. 3D, "Field Encoding in VMCS"
 * @see Linux `enum vmcs_field`, arch/x86/include/asm/vmx.h
 */
export const VMCS = {
  VIRTUAL_PROCESSOR_ID: 0x0000,
  VM_FUNCTION_CONTROL: 0x2018,
  EPT_POINTER: 0x201a,
  EPTP_LIST_ADDRESS: 0x2024,
  PML_ADDRESS: 0x200e,
  GUEST_IA32_EFER: 0x2806,
  GUEST_PDPTR0: 0x280a,
  GUEST_PDPTR1: 0x280c,
  GUEST_PDPTR2: 0x280e,
  GUEST_PDPTR3: 0x2810,
  HOST_IA32_EFER: 0x2c02,
  PIN_BASED_VM_EXEC_CONTROL: 0x4000,
  CPU_BASED_VM_EXEC_CONTROL: 0x4002,
  EXCEPTION_BITMAP: 0x4004,
  PAGE_FAULT_ERROR_CODE_MASK: 0x4006,
  PAGE_FAULT_ERROR_CODE_MATCH: 0x4008,
  CR3_TARGET_COUNT: 0x400a,
  VM_EXIT_CONTROLS: 0x400c,
  VM_ENTRY_CONTROLS: 0x4012,
  SECONDARY_VM_EXEC_CONTROL: 0x401e,
  VM_INSTRUCTION_ERROR: 0x4400,
  CR0_GUEST_HOST_MASK: 0x6000,
  CR4_GUEST_HOST_MASK: 0x6002,
  CR0_READ_SHADOW: 0x6004,
  CR4_READ_SHADOW: 0x6006,
  CR3_TARGET_VALUE0: 0x6008,
  CR3_TARGET_VALUE1: 0x600a,
  CR3_TARGET_VALUE2: 0x600c,
  CR3_TARGET_VALUE3: 0x600e,
  GUEST_CR0: 0x6800,
  GUEST_CR3: 0x6802,
  GUEST_CR4: 0x6804,
  HOST_CR0: 0x6c00,
  HOST_CR3: 0x6c02,
  HOST_CR4: 0x6c04,
  HOST_RIP: 0x6c16,
} as const;

export type VmcsFieldName = keyof typeof VMCS;

const NAME_OF = new Map<number, VmcsFieldName>(
  Object.entries(VMCS).map(([name, encoding]) => [encoding, name as VmcsFieldName]),
);

/** @returns The field's name, or undefined if the model has no such component. */
export function vmcsFieldNameOf(encoding: number): VmcsFieldName | undefined {
  return NAME_OF.get(encoding);
}

export const CPU_BASED_INVLPG_EXITING = 0x200;
export const CPU_BASED_CR3_LOAD_EXITING = 0x8000;
export const CPU_BASED_CR3_STORE_EXITING = 0x10000;
export const CPU_BASED_USE_MSR_BITMAPS = 0x10000000;
export const CPU_BASED_ACTIVATE_SECONDARY_CONTROLS = 0x80000000;

export const SECONDARY_EXEC_ENABLE_EPT = 0x2;
export const SECONDARY_EXEC_ENABLE_VPID = 0x20;
export const SECONDARY_EXEC_UNRESTRICTED_GUEST = 0x80;
export const SECONDARY_EXEC_ENABLE_INVPCID = 0x1000;
export const SECONDARY_EXEC_ENABLE_VMFUNC = 0x2000;
export const SECONDARY_EXEC_ENABLE_PML = 0x20000;
export const SECONDARY_EXEC_MODE_BASED_EPT_EXEC = 0x400000;

export const VM_EXIT_HOST_ADDR_SPACE_SIZE = 0x200;
export const VM_EXIT_SAVE_IA32_EFER = 0x100000;
export const VM_EXIT_LOAD_IA32_EFER = 0x200000;
export const VM_ENTRY_IA32E_MODE = 0x200;
export const VM_ENTRY_LOAD_IA32_EFER = 0x8000;

export const VMFUNC_EPTP_SWITCHING = 0x1;
export const VMFUNC_EPTP_ENTRIES = 512;

/** Basic exit reasons. @see Intel SDM Vol. 3D, "VMX Basic Exit Reasons" */
export const EXIT_REASON = {
  EXCEPTION_NMI: 0,
  EXTERNAL_INTERRUPT: 1,
  TRIPLE_FAULT: 2,
  INIT_SIGNAL: 3,
  INVLPG: 14,
  VMCALL: 18,
  VMCLEAR: 19,
  VMLAUNCH: 20,
  VMPTRLD: 21,
  VMRESUME: 24,
  VMWRITE: 25,
  VMOFF: 26,
  VMON: 27,
  CR_ACCESS: 28,
  MSR_WRITE: 32,
  INVALID_STATE: 33,
  EPT_VIOLATION: 48,
  EPT_MISCONFIG: 49,
  INVEPT: 50,
  INVVPID: 53,
  INVPCID: 58,
  VMFUNC: 59,
} as const;

export type ExitReasonName = keyof typeof EXIT_REASON;

/** VM-instruction errors. @see Intel SDM Vol. 3C, "VM Instruction Error Numbers" */
export const VMXERR = {
  VMCALL_IN_VMX_ROOT_OPERATION: 1,
  VMCLEAR_INVALID_ADDRESS: 2,
  VMCLEAR_VMXON_POINTER: 3,
  VMLAUNCH_NONCLEAR_VMCS: 4,
  VMRESUME_NONLAUNCHED_VMCS: 5,
  ENTRY_INVALID_CONTROL_FIELD: 7,
  ENTRY_INVALID_HOST_STATE_FIELD: 8,
  VMPTRLD_INVALID_ADDRESS: 9,
  VMPTRLD_VMXON_POINTER: 10,
  VMPTRLD_INCORRECT_VMCS_REVISION_ID: 11,
  UNSUPPORTED_VMCS_COMPONENT: 12,
  VMWRITE_READ_ONLY_VMCS_COMPONENT: 13,
  VMXON_IN_VMX_ROOT_OPERATION: 15,
  INVALID_OPERAND_TO_INVEPT_INVVPID: 28,
} as const;

/** What KVM expects in the first four bytes of a VMXON region and of a VMCS region. */
export const VMCS12_REVISION = 0x11e57ed0;
