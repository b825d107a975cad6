/**
 * Encodings of the VMCS components that an entry to L2 needs.
 *
 * @see Linux `enum vmcs_field`, arch/x86/include/asm/vmx.h
 */
export const VmcsFieldNumber = {
  CPU_BASED_VM_EXEC_CONTROL: 0x4002,
  EXCEPTION_BITMAP: 0x4004,
  SECONDARY_VM_EXEC_CONTROL: 0x401e,
  EPT_POINTER: 0x201a,
  GUEST_CR0: 0x6800,
  GUEST_CR3: 0x6802,
  GUEST_CR4: 0x6804,
  HOST_CR0: 0x6c00,
  HOST_CR3: 0x6c02,
  HOST_CR4: 0x6c04,
} as const;
