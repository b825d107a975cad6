import { ACC_ALL, ACC_USER_EXEC } from '../machine/index.js';

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
  /** Bits 6:5: which part of a table of 4-byte entries the page shadows. */
  QUADRANT_MASK: 3 << 5,
  DIRECT: 1 << 7,
  /** Bits 10:8: `ACC_*` of what leads here; a root has all of it. */
  ACC_ALL: 7 << 8,
  INVALID: 1 << 11,
  EFER_NX: 1 << 12,
  CR0_WP: 1 << 13,
  SMEP_ANDNOT_WP: 1 << 14,
  SMAP_ANDNOT_WP: 1 << 15,
  AD_DISABLED: 1 << 16,
  GUEST_MODE: 1 << 17,
  /**
   * Since v7.x in the base role, instead of `smep_andnot_wp`; it also tells of an EPT with mode-based
   * execute control.
   */
  CR4_SMEP: 1 << 18,
  /** No kernel has it: tables of 4-byte entries that were shadowed with CR4.PSE. */
  CR4_PSE: 1 << 19,
  /** The fourth bit of `access`, since v7.x: `ACC_USER_EXEC` of what leads here. */
  ACC_USER_EXEC: 1 << 20,
  SMM: 1 << 21,
  /** Stands above the top table of L1's nested page tables, where the host has a level more. */
  PASSTHROUGH: 1 << 24,
} as const;

const QUADRANT_SHIFT = 5;
const ACCESS_SHIFT = 8;

export function levelOf(role: number): number {
  return role & ROLE.LEVEL_MASK;
}

export function isDirect(role: number): boolean {
  return (role & ROLE.DIRECT) !== 0;
}

/** Whether entries of the guest's are behind those of the page. @see Linux `sp_has_gptes()` */
export function hasGptes(role: number): boolean {
  return (role & (ROLE.DIRECT | ROLE.PASSTHROUGH)) === 0;
}

export function isInvalid(role: number): boolean {
  return (role & ROLE.INVALID) !== 0;
}

export function isGuestMode(role: number): boolean {
  return (role & ROLE.GUEST_MODE) !== 0;
}

/** Whether the processor sets no A and D bits in the page: those of an EPT of L1 without them. */
export function isAdDisabled(role: number): boolean {
  return (role & ROLE.AD_DISABLED) !== 0;
}

/** Whether it shadows tables of 32-bit paging, whose entries have four bytes. */
export function has4ByteGpte(role: number): boolean {
  return (role & ROLE.HAS_4_BYTE_GPTE) !== 0;
}

export function quadrantOf(role: number): number {
  return (role & ROLE.QUADRANT_MASK) >> QUADRANT_SHIFT;
}

/** `ACC_*` bits that the tables above allow. */
export function accessOf(role: number): number {
  return (
    ((role & ROLE.ACC_ALL) >> ACCESS_SHIFT) |
    ((role & ROLE.ACC_USER_EXEC) !== 0 ? ACC_USER_EXEC : 0)
  );
}

/** `ACC_*` bits where a role holds them. */
function roleOfAccess(acc: number): number {
  return ((acc & ACC_ALL) << ACCESS_SHIFT) | ((acc & ACC_USER_EXEC) !== 0 ? ROLE.ACC_USER_EXEC : 0);
}

/** The bits of a role that hold `access`. */
const ACCESS_MASK = ROLE.ACC_ALL | ROLE.ACC_USER_EXEC;

/**
 * The role of a page that an entry of another is to lead to.
 *
 * @param index Index of the entry in its page: two pages shadow a table whose entries have 4 bytes.
 * @param acc `ACC_*` bits down to the new page.
 * @see Linux `kvm_mmu_child_role()`, arch/x86/kvm/mmu/mmu.c
 */
export function childRole(
  parent: number,
  index: number,
  { direct, acc }: { direct: boolean; acc: number },
): number {
  const kept =
    parent & ~(ROLE.LEVEL_MASK | ACCESS_MASK | ROLE.DIRECT | ROLE.QUADRANT_MASK | ROLE.PASSTHROUGH);
  const quadrant = has4ByteGpte(parent) && !direct ? (index & 1) << QUADRANT_SHIFT : 0;
  return kept | (levelOf(parent) - 1) | roleOfAccess(acc) | (direct ? ROLE.DIRECT : 0) | quadrant;
}

/** The role of one of the four pages that a PAE root leads to. */
export function paeRootRole(rootRole: number, index: number): number {
  const quadrant = has4ByteGpte(rootRole) ? index << QUADRANT_SHIFT : 0;
  return (rootRole & ~(ROLE.LEVEL_MASK | ROLE.QUADRANT_MASK)) | 2 | quadrant;
}

/** Bits in which a page may differ from the root above it and still be synced for its MMU. */
const SYNC_ROLE_IGN = ROLE.LEVEL_MASK | ACCESS_MASK | ROLE.QUADRANT_MASK | ROLE.PASSTHROUGH;

/**
 * Whether a page can be synced for an MMU with this root role. Pages of another MMU cannot.
 *
 * @see Linux `kvm_sync_page_check()`, arch/x86/kvm/mmu/mmu.c
 */
export function isSyncableRole(role: number, rootRole: number): boolean {
  return !isDirect(role) && ((role ^ rootRole) & ~SYNC_ROLE_IGN) === 0;
}
