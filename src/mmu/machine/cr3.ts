import { addressFrameOf, bitsOf, hasBit, type Word, withoutBit } from './word.js';

/** CR3's no-flush hint: exists in the source of a MOV alone, while CR4.PCIDE is set. */
const X86_CR3_PCID_NOFLUSH_BIT = 63;
const X86_CR3_LAM_U48_BIT = 62;
const X86_CR3_LAM_U57_BIT = 61;

/**
 * Process-context identifier that tags the translations of a CR3 value or pgd.
 *
 * @param pcide CR4.PCIDE. While it is clear every translation is tagged with PCID 0.
 * @returns An integer from 0 to 4095.
 * @see Intel SDM Vol. 3A, "Process-Context Identifiers (PCIDs)"
 * @see Linux `kvm_get_pcid()`, arch/x86/kvm/mmu.h
 */
export function pcidOf(cr3: Word, pcide: boolean): number {
  return pcide ? cr3.low : 0;
}

export function isNoFlush(cr3: Word): boolean {
  return hasBit(cr3, X86_CR3_PCID_NOFLUSH_BIT);
}

/** CR3 as the register keeps it: the hint is never stored. */
export function withoutNoFlush(cr3: Word): Word {
  return withoutBit(cr3, X86_CR3_PCID_NOFLUSH_BIT);
}

/**
 * Whether CR3 names a legal guest-physical address, LAM's two control bits aside.
 *
 * @param maxphyaddr Bits of a physical address: 36 to 52.
 * @param lam Whether CPUID offers linear-address masking.
 * @see Linux `kvm_vcpu_is_legal_cr3()`, arch/x86/kvm/cpuid.h
 */
export function isLegalCr3(
  cr3: Word,
  { maxphyaddr, lam }: { maxphyaddr: number; lam: boolean },
): boolean {
  const base = lam ? withoutBit(withoutBit(cr3, X86_CR3_LAM_U48_BIT), X86_CR3_LAM_U57_BIT) : cr3;
  return bitsOf(base, { high: 63, low: maxphyaddr }) === 0;
}

/** Guest frame number of the root table: bits 51:12, without what may lie above an address. */
export function rootGfnOf(pgd: Word): number {
  return addressFrameOf(pgd);
}
