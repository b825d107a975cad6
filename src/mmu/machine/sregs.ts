import {
  type Cr4Features,
  cr4Allowed,
  EFER_LMA,
  EFER_LME,
  eferAllowed,
  X86_CR0_CD,
  X86_CR0_NW,
  X86_CR0_PE,
  X86_CR0_PG,
  X86_CR4_PAE,
} from './control-registers.js';
import { isLegalCr3 } from './cr3.js';
import { flagsIn, hex, isFlagWord, type Word } from './word.js';

/** The control registers as a VMM sets them, whole: nothing was checked yet. */
export interface Sregs {
  readonly cr0: Word;
  readonly cr3: Word;
  readonly cr4: Word;
  readonly efer: Word;
}

/** Properties of the processor that decide which values its registers may hold. */
export interface SregsLimits {
  /** Bits of a physical address: 36 to 52. */
  readonly maxphyaddr: number;
  readonly cpuid: Cr4Features & { readonly nx: boolean; readonly svm: boolean };
  /** Whether bits of EFER that CPUID does not offer are refused. */
  readonly checksEfer: boolean;
}

/** Why a register cannot hold its value. */
export interface SregsFlaw {
  readonly register: keyof Sregs;
  readonly message: string;
}

/**
 * Every reason for which KVM_SET_SREGS refuses these values; none if it takes them.
 *
 * CR3 is looked at only where long mode is active, as the kernel does.
 *
 * @see Linux `kvm_is_valid_sregs()`, arch/x86/kvm/x86.c
 */
export function sregsFlawsOf(sregs: Sregs, limits: SregsLimits): SregsFlaw[] {
  const wide = (['cr0', 'cr4', 'efer'] as const).filter((register) => !isFlagWord(sregs[register]));
  if (wide.length > 0) {
    return wide.map((register) => ({ register, message: 'a bit from 63 to 32 is set' }));
  }
  return [
    ...cr0FlawsOf(flagsIn(sregs.cr0)),
    ...reservedBitFlawsOf(sregs, limits),
    ...longModeFlawsOf(sregs, limits),
  ];
}

/** @see Linux `kvm_is_valid_cr0()`, arch/x86/kvm/x86.c */
function cr0FlawsOf(cr0: number): SregsFlaw[] {
  const flaws: SregsFlaw[] = [];
  if ((cr0 & X86_CR0_NW) !== 0 && (cr0 & X86_CR0_CD) === 0) {
    flaws.push({ register: 'cr0', message: 'NW is set without CD' });
  }
  if ((cr0 & X86_CR0_PG) !== 0 && (cr0 & X86_CR0_PE) === 0) {
    flaws.push({ register: 'cr0', message: 'PG is set without PE' });
  }
  return flaws;
}

function reservedBitFlawsOf({ cr4, efer }: Sregs, { cpuid, checksEfer }: SregsLimits): SregsFlaw[] {
  const flaws: SregsFlaw[] = [];
  const inCr4 = (flagsIn(cr4) & ~cr4Allowed(cpuid)) >>> 0;
  if (inCr4 !== 0) {
    flaws.push({ register: 'cr4', message: `CPUID does not offer ${hex(inCr4)}` });
  }
  const inEfer = (flagsIn(efer) & ~eferAllowed(cpuid)) >>> 0;
  if (checksEfer && inEfer !== 0) {
    flaws.push({ register: 'efer', message: `CPUID does not offer ${hex(inEfer)}` });
  }
  return flaws;
}

/** Long mode is active exactly where it is enabled and paging is on, and then needs PAE. */
function longModeFlawsOf(sregs: Sregs, { maxphyaddr, cpuid }: SregsLimits): SregsFlaw[] {
  const efer = flagsIn(sregs.efer);
  const isActive = (efer & EFER_LME) !== 0 && (flagsIn(sregs.cr0) & X86_CR0_PG) !== 0;
  if (!isActive) {
    if ((efer & EFER_LMA) === 0) return [];
    return [{ register: 'efer', message: 'LMA is set without LME and CR0.PG' }];
  }
  const flaws: SregsFlaw[] = [];
  if ((efer & EFER_LMA) === 0) {
    flaws.push({ register: 'efer', message: 'LMA is clear under LME and CR0.PG' });
  }
  if ((flagsIn(sregs.cr4) & X86_CR4_PAE) === 0) {
    flaws.push({ register: 'cr4', message: 'PAE is clear under EFER.LME and CR0.PG' });
  }
  if (!isLegalCr3(sregs.cr3, { maxphyaddr, lam: cpuid.lam })) {
    flaws.push({ register: 'cr3', message: `not an address of ${maxphyaddr} bits` });
  }
  return flaws;
}
