/** @see Linux `PAGE_SHIFT`, arch/x86/include/asm/page_types.h */
export const PAGE_SHIFT = 12;

/** Bytes of a page, and of a page table. */
export const PAGE_SIZE = 4096;

/** @see Linux `gpa_to_gfn()`, include/linux/kvm_host.h */
export function gpaToGfn(gpa: number): number {
  return Math.floor(gpa / PAGE_SIZE);
}

/** @see Linux `gfn_to_gpa()`, include/linux/kvm_host.h */
export function gfnToGpa(gfn: number): number {
  return gfn * PAGE_SIZE;
}

/** Bits 11:0 of an address. @see Linux `offset_in_page()`, include/linux/mm.h */
export function offsetInPage(address: number): number {
  // A mask sees the low bits of an exact number, and takes a fraction of the time of a remainder.
  return address & (PAGE_SIZE - 1);
}
