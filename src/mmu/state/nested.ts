import type { Registers, Word } from '../machine/index.js';

/** A VMCS of L1, `struct vmcs12`: it lies in L1's memory and any vCPU may load it. */
export interface Vmcs12 {
  readonly gpa: number;
  launched: boolean;
  /** Components by encoding. */
  readonly fields: Map<number, Word>;
}

/**
 * What L1's hypervisor has set up on a vCPU, `struct nested_vmx`.
 *
 * @see Linux `struct nested_vmx`, arch/x86/kvm/vmx/vmx.h
 */
export interface Nested {
  /** VMXON region; -1 outside VMX operation. */
  vmxon: number;
  currentVmcs: Vmcs12 | null;
  /** L2 is running: `is_guest_mode()`. */
  guestMode: boolean;
  /** VPID of the last vmcs12 that was entered. */
  lastVpid: number;
  /** Whether the processor has run vmcs02 since VMXON; its first load flushes everything. */
  hasRunL2: boolean;
  /** What VM entry replaced and VM exit does not restore from the host-state area. */
  l1: Pick<Registers, 'cpl' | 'csL' | 'vm86'> | null;
}

export function createNested(): Nested {
  return {
    vmxon: -1,
    currentVmcs: null,
    guestMode: false,
    lastVpid: 0,
    hasRunL2: false,
    l1: null,
  };
}
