import { EFER_NX, X86_CR4_PKE, X86_CR4_PKS } from './control-registers.js';
import { isKeyForbidden, keyOf } from './protection-keys.js';
import { isLongMode, isSmap, isSmep, isWriteProtect, type Registers } from './registers.js';

/** Rights of a translation, a bit each. @see Linux `ACC_*_MASK`, arch/x86/kvm/mmu/spte.h */
export const ACC_EXEC = 1;
export const ACC_WRITE = 2;
/** The user may use it. In an EPT: it is readable. */
export const ACC_USER = 4;
export const ACC_ALL = ACC_EXEC | ACC_WRITE | ACC_USER;
/** In an EPT with mode-based execute control: user-mode addresses may be fetched from. */
export const ACC_USER_EXEC = 8;

/** Bits of a #PF's error code. @see Intel SDM Vol. 3A, "Page-Fault Exceptions" */
export const PFERR_PRESENT_MASK = 0x1;
export const PFERR_WRITE_MASK = 0x2;
export const PFERR_USER_MASK = 0x4;
export const PFERR_RSVD_MASK = 0x8;
export const PFERR_FETCH_MASK = 0x10;
export const PFERR_PK_MASK = 0x20;
/** Bits by which a nested fault tells what was accessed; they lie above bit 31. */
export const PFERR_GUEST_FINAL_MASK = 2 ** 32;
export const PFERR_GUEST_PAGE_MASK = 2 ** 33;

/**
 * Whether the entry that a page fault was for may be cached: what is not present, or has a reserved
 * bit set, never is.
 *
 * @see Intel SDM Vol. 3A, "Caching Translation Information"
 */
export function isOfCacheableEntry(errorCode: number): boolean {
  return (errorCode & (PFERR_PRESENT_MASK | PFERR_RSVD_MASK)) === PFERR_PRESENT_MASK;
}

export type AccessKind = 'read' | 'write' | 'execute';

/** An access to memory by a linear address. */
export interface LinearAccess {
  readonly kind: AccessKind;
  /** At CPL 3. */
  readonly user: boolean;
  /** EFLAGS.AC: lifts SMAP for an explicit access of the supervisor. */
  readonly ac: boolean;
}

/**
 * Whether a present translation forbids an access.
 *
 * @param acc `ACC_*` bits of the whole walk, and the protection key.
 * @param writeProtect CR0.WP as it counts: KVM keeps it set where it shadows the guest's tables.
 * @see Intel SDM Vol. 3A, "Determination of Access Rights"
 * @see Linux `permission_fault()`, arch/x86/kvm/mmu.h
 */
export function isForbidden(
  acc: number,
  access: LinearAccess,
  regs: Registers,
  writeProtect = isWriteProtect(regs),
): boolean {
  const { kind, user, ac } = access;
  const isUserPage = (acc & ACC_USER) !== 0;
  if (user && !isUserPage) return true;
  if (kind === 'execute') {
    return (acc & ACC_EXEC) === 0 || (!user && isUserPage && isSmep(regs));
  }
  if (!user && isUserPage && isSmap(regs) && !ac) return true;
  if (kind === 'write' && (acc & ACC_WRITE) === 0 && (user || writeProtect)) return true;
  return isForbiddenByKey(acc, access, regs);
}

/**
 * Whether the protection key of a translation forbids a data access: by PKRU for a user page while
 * CR4.PKE is set, by IA32_PKRS for one of the supervisor while CR4.PKS is.
 *
 * @param acc `ACC_*` bits of the whole walk, and the protection key.
 * @see Intel SDM Vol. 3A, "Protection Keys"
 * @see Linux `permission_fault()`, `update_pkru_bitmask()`
 */
export function isForbiddenByKey(
  acc: number,
  { kind, user }: LinearAccess,
  regs: Registers,
): boolean {
  const isUserPage = (acc & ACC_USER) !== 0;
  const counts = (regs.cr4 & (isUserPage ? X86_CR4_PKE : X86_CR4_PKS)) !== 0;
  if (!counts || kind === 'execute' || !isLongMode(regs)) return false;
  const isWrite = kind === 'write' && (user || isWriteProtect(regs));
  return isKeyForbidden(keyOf(acc), isUserPage ? regs.pkru : regs.pkrs, isWrite);
}

/**
 * The bits of a #PF's error code that the access itself gives; the walk adds P and RSVD. That it
 * was a fetch shows only where fetches can fault for a reason of their own.
 */
export function errorCodeOf({ kind, user }: LinearAccess, regs: Registers): number {
  const showsFetch = (regs.efer & EFER_NX) !== 0 || isSmep(regs);
  return (
    (kind === 'write' ? PFERR_WRITE_MASK : 0) |
    (user ? PFERR_USER_MASK : 0) |
    (kind === 'execute' && showsFetch ? PFERR_FETCH_MASK : 0)
  );
}
