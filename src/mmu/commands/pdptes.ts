import {
  arePdptesValid,
  EFER_LME,
  isPaePaging,
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
import type { Vm } from '../state/index.js';

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

/** Whether the PDPTEs that a CR3 points to may be loaded. */
export function areNewPdptesValid({ memory, config }: Vm, cr3: Word): boolean {
  return arePdptesValid(readPdptes(memory, cr3), config.maxphyaddr);
}

/** Reads the PDPTE registers from memory, where PAE paging is in force. */
export function reloadPdptes({ memory }: Vm, regs: Registers): void {
  if (isPaePaging(regs)) regs.pdptrs = readPdptes(memory, regs.cr3);
}
