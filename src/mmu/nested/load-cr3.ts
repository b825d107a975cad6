import {
  arePdptesValid,
  isLegalCr3,
  isPaePaging,
  readPdptes,
  VMCS,
  type Word,
} from '../machine/index.js';
import { initMmu, switchCr3 } from '../roots/index.js';
import { type Emit, fieldOf, type Vcpu, type Vm, type Vmcs12 } from '../state/index.js';

/** Exit qualification of a VM entry that failed. @see Intel SDM Vol. 3C, "VM-Entry Failures" */
export const ENTRY_FAIL_DEFAULT = 0;
export const ENTRY_FAIL_PDPTE = 2;

/**
 * Loads a CR3 on a nested transition. With EPT for L2 its CR3 never touches the root cache.
 *
 * @param pdptesFrom The VMCS whose PDPTE fields a PAE guest on EPT starts with; null: memory.
 * @returns Null, or the qualification of the entry failure.
 * @see Linux `nested_vmx_load_cr3()`, arch/x86/kvm/vmx/nested.c
 */
export function nestedLoadCr3(
  vm: Vm,
  vcpu: Vcpu,
  { cr3, nestedEpt, pdptesFrom }: { cr3: Word; nestedEpt: boolean; pdptesFrom: Vmcs12 | null },
  emit: Emit,
): number | null {
  const { maxphyaddr, cpuid } = vm.config;
  if (!isLegalCr3(cr3, { maxphyaddr, lam: cpuid.lam })) return ENTRY_FAIL_DEFAULT;
  if (isPaePaging(vcpu.regs)) {
    const pdptes = pdptesFrom === null ? readPdptes(vm.memory, cr3) : pdptesOf(pdptesFrom);
    if (!arePdptesValid(pdptes, maxphyaddr)) return ENTRY_FAIL_PDPTE;
    vcpu.regs.pdptrs = pdptes;
  }
  vcpu.regs.cr3 = cr3;
  if (nestedEpt) initMmu(vm, vcpu);
  else switchCr3(vm, vcpu, cr3, { init: true }, emit);
  return null;
}

function pdptesOf(vmcs12: Vmcs12): readonly Word[] {
  const { GUEST_PDPTR0, GUEST_PDPTR1, GUEST_PDPTR2, GUEST_PDPTR3 } = VMCS;
  return [GUEST_PDPTR0, GUEST_PDPTR1, GUEST_PDPTR2, GUEST_PDPTR3].map((encoding) =>
    fieldOf(vmcs12, encoding),
  );
}
