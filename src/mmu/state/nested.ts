import type { NestedTables, Registers } from '../machine/index.js';
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
  /** An L2 that runs by VMRUN. Null for an L2 of VMX, and while L1 runs. */
  svm: SvmL2 | null;
}

/** L2 of an SVM hypervisor. */
export interface SvmL2 {
  /** The registers of L1, which VMRUN saved: `vmcb01`. */
  readonly l1: Registers;
  /** Its nested page tables; null without nested paging. */
  readonly paging: NestedPaging | null;
}

/** Nested paging as VMRUN turns it on. */
export type NestedPaging = Omit<NestedTables, 'l1'>;

/** The nested page tables on which an L2 of SVM runs; null for every other guest. */
export function nestedTablesOf({ svm }: Nested): NestedTables | null {
  if (svm === null || svm.paging === null) return null;
  return { ...svm.paging, l1: svm.l1 };
}

/** Whether L2 runs on nested page tables under the guest mode execute trap. */
export function hasGmet({ svm }: Nested): boolean {
  return svm?.paging?.gmet === true;
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
