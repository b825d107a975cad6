import type { NestedTables } from '../machine/index.js';
import type { Vmcs12 } from './vmcs12.js';

/**
 * The VMX state of L1's hypervisor on a vCPU, `struct nested_vmx`.
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
  /**
   * The nested page tables of an L2 that runs by VMRUN, and the registers of L1 that it saved: `vmcb01`.
   * Null for an L2 of VMX, and while L1 runs.
   */
  svm: NestedTables | null;
}

export function createNested(): Nested {
  return {
    vmxon: -1,
    currentVmcs: null,
    guestMode: false,
    lastVpid: 0,
    hasRunL2: false,
    svm: null,
  };
}
