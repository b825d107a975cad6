import {
  EFER_LMA,
  X86_CR0_PE,
  X86_CR0_PG,
  X86_CR0_WP,
  X86_CR4_LA57,
  X86_CR4_PAE,
  X86_CR4_PCIDE,
  X86_CR4_SMAP,
  X86_CR4_SMEP,
} from './control-registers.js';
import type { Word } from './word.js';

/** The registers that decide how a processor translates and what it may execute. */
export interface Registers {
  cr0: number;
  cr3: Word;
  cr4: number;
  efer: number;
  /** Current privilege level: 0 to 3. */
  cpl: number;
  /** CS.L: in long mode, 64-bit code rather than compatibility mode. */
  csL: boolean;
  /** RFLAGS.VM: virtual-8086 mode. */
  vm86: boolean;
  /** The four PDPTE registers, loaded by MOV to CR under PAE paging. */
  pdptrs: readonly Word[];
  /** Rights of the protection keys of user pages, two bits a key. */
  pkru: number;
  /** IA32_PKRS: the same for pages of the supervisor. */
  pkrs: number;
}

/** Modes of paging, by the SDM's names. */
export type PagingMode = 'none' | '32-bit' | 'PAE' | '4-level' | '5-level';

export function isProtected({ cr0 }: Registers): boolean {
  return (cr0 & X86_CR0_PE) !== 0;
}

export function isPaging({ cr0 }: Registers): boolean {
  return (cr0 & X86_CR0_PG) !== 0;
}

export function isWriteProtect({ cr0 }: Registers): boolean {
  return (cr0 & X86_CR0_WP) !== 0;
}

export function isPae({ cr4 }: Registers): boolean {
  return (cr4 & X86_CR4_PAE) !== 0;
}

export function isLa57({ cr4 }: Registers): boolean {
  return (cr4 & X86_CR4_LA57) !== 0;
}

export function isPcide({ cr4 }: Registers): boolean {
  return (cr4 & X86_CR4_PCIDE) !== 0;
}

export function isSmep({ cr4 }: Registers): boolean {
  return (cr4 & X86_CR4_SMEP) !== 0;
}

export function isSmap({ cr4 }: Registers): boolean {
  return (cr4 & X86_CR4_SMAP) !== 0;
}

/** IA-32e mode: long mode is active, in 64-bit or in compatibility mode. */
export function isLongMode({ efer }: Registers): boolean {
  return (efer & EFER_LMA) !== 0;
}

export function is64BitMode(regs: Registers): boolean {
  return isLongMode(regs) && regs.csL;
}

/** @see Linux `is_pae_paging()`, arch/x86/kvm/x86.h */
export function isPaePaging(regs: Registers): boolean {
  return isPaging(regs) && isPae(regs) && !isLongMode(regs);
}

/** @see Intel SDM Vol. 3A, "Paging Modes and Control Bits" */
export function pagingModeOf(regs: Registers): PagingMode {
  if (!isPaging(regs)) return 'none';
  if (isLongMode(regs)) return isLa57(regs) ? '5-level' : '4-level';
  return isPae(regs) ? 'PAE' : '32-bit';
}
