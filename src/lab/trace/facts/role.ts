/**
 * Level and kind of a shadow page, from the integer that binary traces and raw reports have.
 *
 * Both fields have stood where they are since 5.x; what lies above them has not, which is why
 * the tools' plugin prints roles of newer kernels wrongly.
 *
 * @see Linux `union kvm_mmu_page_role`, arch/x86/include/asm/kvm_host.h
 */
export function roleOf(role: number): { level: number; isDirect: boolean } {
  return { level: role & LEVEL_MASK, isDirect: (role & DIRECT) !== 0 };
}

/** Bits 3:0. */
const LEVEL_MASK = 0xf;
/** Bit 7: after the level, the size of the guest's entries, and the quadrant. */
const DIRECT = 0x80;
