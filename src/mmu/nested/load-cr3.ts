import { arePdptesValid, isLegalCr3, isPaePaging, VMCS, type Word } from '../machine/index.js';
import { type Dues, NO_DUES, SYNC_DUE } from '../policies/index.js';
import { initMmu, loadPdptrs, switchCr3 } from '../roots/index.js';
import {
  type Emit,
  fieldOf,
  hasLam,
  type Vcpu,
  type Vm,
  type Vmcs12,
  vpidOf,
} from '../state/index.js';

/** Exit qualification of a VM entry that failed. @see Intel SDM Vol. 3C, "VM-Entry Failures" */
export const ENTRY_FAIL_DEFAULT = 0;
const ENTRY_FAIL_PDPTE = 2;
export const ENTRY_FAIL_VMCS_LINK_PTR = 4;

/** A CR3 to be loaded, and the place of its PDPTEs. */
export interface NestedCr3 {
  readonly cr3: Word;
  readonly nestedEpt: boolean;
  /** The VMCS whose PDPTE fields a PAE guest on EPT starts with, memory, or nothing yet. */
  readonly pdptesFrom: Vmcs12 | 'memory' | 'later';
}

/**
 * Loads a CR3 on a nested transition. With EPT for L2 its CR3 never touches the root cache.
 *
 * @returns Null, or the qualification of the entry failure.
 * @see Linux `nested_vmx_load_cr3()`, arch/x86/kvm/vmx/nested.c
 */
export function nestedLoadCr3(
  vm: Vm,
  vcpu: Vcpu,
  { cr3, nestedEpt, pdptesFrom }: NestedCr3,
  emit: Emit,
): number | null {
  const { maxphyaddr } = vm.config;
  if (!isLegalCr3(cr3, { maxphyaddr, lam: hasLam(vm) })) return ENTRY_FAIL_DEFAULT;
  if (isPaePaging(vcpu.regs) && !loadPdptes(vm, vcpu, { cr3, nestedEpt, pdptesFrom }, emit)) {
    return ENTRY_FAIL_PDPTE;
  }
  vcpu.regs.cr3 = cr3;
  if (nestedEpt) initMmu(vm, vcpu);
  else switchCr3(vm, vcpu, cr3, { init: true, unskipped: unskippedOf(vm, vcpu) }, emit);
  return null;
}

/** A PAE guest on EPT gets its PDPTEs from the VMCS, by the processor; others from memory. */
function loadPdptes(vm: Vm, vcpu: Vcpu, { cr3, pdptesFrom }: NestedCr3, emit: Emit): boolean {
  if (pdptesFrom === 'later') return true;
  if (pdptesFrom === 'memory') return loadPdptrs(vm, vcpu, cr3, emit);
  const pdptes = pdptesOf(pdptesFrom);
  if (!arePdptesValid(pdptes, vm.config.maxphyaddr)) return false;
  vcpu.regs.pdptrs = pdptes;
  return true;
}

/**
 * To v5.13 the switch synced where the roots of L1 and L2 are shadows and L2 has no VPID, whose
 * transitions flush everything; the flush itself is left to the transition.
 *
 * @see Linux v5.13 `nested_vmx_transition_mmu_sync()`, arch/x86/kvm/vmx/nested.c
 */
function unskippedOf({ rules, config }: Vm, { nested }: Vcpu): Dues {
  const vmcs12 = nested.currentVmcs;
  const syncs =
    rules.syncOnHitUnlessSkipped &&
    config.paging === 'shadow' &&
    vmcs12 !== null &&
    vpidOf(vmcs12) === null;
  return syncs ? SYNC_DUE : NO_DUES;
}

function pdptesOf(vmcs12: Vmcs12): readonly Word[] {
  const { GUEST_PDPTR0, GUEST_PDPTR1, GUEST_PDPTR2, GUEST_PDPTR3 } = VMCS;
  return [GUEST_PDPTR0, GUEST_PDPTR1, GUEST_PDPTR2, GUEST_PDPTR3].map((encoding) =>
    fieldOf(vmcs12, encoding),
  );
}
