/**
 * Components of a VMCS by the names that kvm-unit-tests has for them, which are not the kernel's.
 *
 * @see kvm-unit-tests `enum Encoding`, x86/vmx.h
 */
const C_FIELDS: readonly (readonly [encoding: number, name: string])[] = [
  [0x0000, 'VPID'],
  [0x2000, 'IO_BITMAP_A'],
  [0x2002, 'IO_BITMAP_B'],
  [0x2004, 'MSR_BITMAP'],
  [0x2010, 'TSC_OFFSET'],
  [0x201a, 'EPTP'],
  [0x2400, 'INFO_PHYS_ADDR'],
  [0x2800, 'VMCS_LINK_PTR'],
  [0x2804, 'GUEST_PAT'],
  [0x2806, 'GUEST_EFER'],
  [0x280a, 'GUEST_PDPTE'],
  [0x2c00, 'HOST_PAT'],
  [0x2c02, 'HOST_EFER'],
  [0x4000, 'PIN_CONTROLS'],
  [0x4002, 'CPU_EXEC_CTRL0'],
  [0x4004, 'EXC_BITMAP'],
  [0x4006, 'PF_ERROR_MASK'],
  [0x4008, 'PF_ERROR_MATCH'],
  [0x400a, 'CR3_TARGET_COUNT'],
  [0x400c, 'EXI_CONTROLS'],
  [0x4012, 'ENT_CONTROLS'],
  [0x4016, 'ENT_INTR_INFO'],
  [0x401e, 'CPU_EXEC_CTRL1'],
  [0x4400, 'VMX_INST_ERROR'],
  [0x4402, 'EXI_REASON'],
  [0x4404, 'EXI_INTR_INFO'],
  [0x4406, 'EXI_INTR_ERROR'],
  [0x440c, 'EXI_INST_LEN'],
  [0x4824, 'GUEST_INTR_STATE'],
  [0x4826, 'GUEST_ACTV_STATE'],
  [0x6000, 'CR0_MASK'],
  [0x6002, 'CR4_MASK'],
  [0x6004, 'CR0_READ_SHADOW'],
  [0x6006, 'CR4_READ_SHADOW'],
  [0x6008, 'CR3_TARGET_0'],
  [0x600a, 'CR3_TARGET_1'],
  [0x600c, 'CR3_TARGET_2'],
  [0x600e, 'CR3_TARGET_3'],
  [0x6400, 'EXI_QUALIFICATION'],
  [0x640a, 'GUEST_LINEAR_ADDRESS'],
  [0x6800, 'GUEST_CR0'],
  [0x6802, 'GUEST_CR3'],
  [0x6804, 'GUEST_CR4'],
  [0x681a, 'GUEST_DR7'],
  [0x681c, 'GUEST_RSP'],
  [0x681e, 'GUEST_RIP'],
  [0x6820, 'GUEST_RFLAGS'],
  [0x6c00, 'HOST_CR0'],
  [0x6c02, 'HOST_CR3'],
  [0x6c04, 'HOST_CR4'],
  [0x6c14, 'HOST_RSP'],
  [0x6c16, 'HOST_RIP'],
];

const NAMES: ReadonlyMap<number, string> = new Map(C_FIELDS);

/** Component of a VMCS in C: its name there, or its encoding. */
export function cFieldOf(encoding: number): string {
  return NAMES.get(encoding) ?? `0x${encoding.toString(16)}`;
}
