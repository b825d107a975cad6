import { bitsOf, hasBit, type Word } from './word.js';

/** Bits of IA32_VMX_EPT_VPID_CAP (MSR 0x48C). Those from 32 up lie in the MSR's upper half. */
export const CAP = {
  EXECUTE_ONLY: 0,
  PAGE_WALK_4: 6,
  PAGE_WALK_5: 7,
  UC: 8,
  WB: 14,
  PAGE_2M: 16,
  PAGE_1G: 17,
  INVEPT: 20,
  AD: 21,
  EXTENT_CONTEXT: 25,
  EXTENT_GLOBAL: 26,
  INVVPID: 32,
  INVVPID_INDIVIDUAL: 40,
} as const;

const EPTP_MT_UC = 0;
const EPTP_MT_WB = 6;
export const EPTP_AD_ENABLE_BIT = 6;

/**
 * The tag of every mapping that an EPT produced. Memory type, walk length and A/D are not part of
 * it: two EPTPs that differ only there share TLB entries.
 *
 * @returns Bits 51:12, an integer below 2^40.
 * @see Intel SDM Vol. 3C, "Caching Translation Information" (EP4TA, in newer editions EPTRTA)
 */
export function ep4taOf(eptp: Word): number {
  return bitsOf(eptp, { high: 51, low: 12 });
}

/** Levels of the EPT walk: 4 or 5 in a valid EPTP. */
export function walkLevelsOf(eptp: Word): number {
  return bitsOf(eptp, { high: 5, low: 3 }) + 1;
}

export function hasAccessedDirty(eptp: Word): boolean {
  return hasBit(eptp, EPTP_AD_ENABLE_BIT);
}

/**
 * Whether VM entry would accept an EPTP: memory type and walk length offered, no reserved bit, no
 * A/D enable without support.
 *
 * @param cap IA32_VMX_EPT_VPID_CAP as offered to L1.
 * @param maxphyaddr Bits of a physical address: 36 to 52.
 * @see Linux `nested_vmx_check_eptp()`, arch/x86/kvm/vmx/nested.c
 */
export function isValidEptp(
  eptp: Word,
  { cap, maxphyaddr }: { cap: Word; maxphyaddr: number },
): boolean {
  const memoryType = bitsOf(eptp, { high: 2, low: 0 });
  if (memoryType !== EPTP_MT_UC && memoryType !== EPTP_MT_WB) return false;
  if (!hasBit(cap, memoryType === EPTP_MT_UC ? CAP.UC : CAP.WB)) return false;

  const levels = walkLevelsOf(eptp);
  if (levels !== 4 && levels !== 5) return false;
  if (!hasBit(cap, levels === 4 ? CAP.PAGE_WALK_4 : CAP.PAGE_WALK_5)) return false;

  if (bitsOf(eptp, { high: 63, low: maxphyaddr }) !== 0) return false;
  if (bitsOf(eptp, { high: 11, low: 7 }) !== 0) return false;
  return !hasAccessedDirty(eptp) || hasBit(cap, CAP.AD);
}
