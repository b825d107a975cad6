import {
  arePdptesValid,
  EFER_LME,
  type Registers,
  readPdptes,
  type Word,
  X86_CR0_CD,
  X86_CR0_NW,
  X86_CR0_PG,
  X86_CR4_PAE,
  X86_CR4_PGE,
  X86_CR4_PSE,
  X86_CR4_SMEP,
} from '../machine/index.js';
import { loadPdptrs } from '../roots/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';

const X86_CR0_PDPTR_BITS = X86_CR0_CD | X86_CR0_NW | X86_CR0_PG;
const X86_CR4_PDPTR_BITS = X86_CR4_PGE | X86_CR4_PSE | X86_CR4_PAE | X86_CR4_SMEP;

/**
 * Whether a load of CR0 or CR4 reads the PDPTEs: PAE paging is in force afterwards, and a bit
 * changes that makes the processor look at them again.
 *
 * @see Intel SDM Vol. 3A, "PDPTE Registers"
 */
export function loadsPdptes(regs: Registers, after: { cr0?: number; cr4?: number }): boolean {
  const cr0 = after.cr0 ?? regs.cr0;
  const cr4 = after.cr4 ?? regs.cr4;
  const paging = (cr0 & X86_CR0_PG) !== 0;
  if (!paging || (cr4 & X86_CR4_PAE) === 0 || (regs.efer & EFER_LME) !== 0) return false;
  return (
    ((cr0 ^ regs.cr0) & X86_CR0_PDPTR_BITS) !== 0 || ((cr4 ^ regs.cr4) & X86_CR4_PDPTR_BITS) !== 0
  );
}

/**
 * Loads the PDPTEs that a CR3 points to: KVM where it saw the instruction, otherwise the processor.
 * Where they lie in no memslot an EPT has KVM carry out the instruction, which fails in the same way.
 *
 * @returns False if one of them may not be loaded, or none can be read; nothing has changed then.
 */
export function loadPdptes(
  vm: Vm,
  vcpu: Vcpu,
  { cr3, intercepted }: { cr3: Word; intercepted: boolean },
  emit: Emit,
): boolean {
  if (intercepted) return loadPdptrs(vm, vcpu, cr3, emit);
  const pdptes = readPdptes(vm.memory, cr3);
  if (pdptes === null || !arePdptesValid(pdptes, vm.config.maxphyaddr)) return false;
  vcpu.regs.pdptrs = pdptes;
  return true;
}
