/**
 * The bits of a page role that the model distinguishes, `union kvm_mmu_page_role`. The layout is
 * the lab's own where kernels differ; which bits take part in a version is the kernel's rule.
 *
 * @see Linux `union kvm_mmu_page_role`, arch/x86/include/asm/kvm_host.h
 */
export const ROLE = {
  /** Bits 3:0: level of the page. */
  LEVEL_MASK: 0xf,
  HAS_4_BYTE_GPTE: 1 << 4,
  DIRECT: 1 << 7,
  /** Bits 10:8: access; a root has all of it. */
  ACC_ALL: 7 << 8,
  INVALID: 1 << 11,
  EFER_NX: 1 << 12,
  CR0_WP: 1 << 13,
  SMEP_ANDNOT_WP: 1 << 14,
  SMAP_ANDNOT_WP: 1 << 15,
  AD_DISABLED: 1 << 16,
  GUEST_MODE: 1 << 17,
  /** Since v7.x in the base role, instead of `smep_andnot_wp`. */
  CR4_SMEP: 1 << 18,
} as const;

export function levelOf(role: number): number {
  return role & ROLE.LEVEL_MASK;
}

export function isDirect(role: number): boolean {
  return (role & ROLE.DIRECT) !== 0;
}

export function isInvalid(role: number): boolean {
  return (role & ROLE.INVALID) !== 0;
}

export function isGuestMode(role: number): boolean {
  return (role & ROLE.GUEST_MODE) !== 0;
}
