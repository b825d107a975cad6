import {
  EFER_NX,
  hasAccessedDirty,
  isLa57,
  isLongMode,
  isPae,
  isPaging,
  isSmap,
  isSmep,
  isWriteProtect,
  type NestedTables,
  nptRegistersOf,
  type Registers,
  type Word,
  walkLevelsOf,
} from '../machine/index.js';
import { seam } from '../seam.js';
import { ROLE } from '../shadow/index.js';
import { isModeBased, type Vcpu, type Vm } from '../state/index.js';

/** Levels of the tables of PAE: what KVM shadows with at least. */
export const PT32E_ROOT_LEVEL = 3;

/**
 * The role that a root of `root_mmu` gets for the registers as they are now.
 *
 * @param baseOnly Leave the extended role out, as switches up to v5.17 did: SMEP and SMAP then
 *   never count, though a root that was loaded carries them.
 * @see Linux `kvm_init_mmu()`, `kvm_calc_cpu_role()`, arch/x86/kvm/mmu/mmu.c
 */
export const rootMmuRole = seam(function rootMmuRole(
  vm: Vm,
  vcpu: Vcpu,
  { baseOnly }: { baseOnly: boolean },
): number {
  const side = (vcpu.nested.guestMode ? ROLE.GUEST_MODE : 0) | (vcpu.smm === null ? 0 : ROLE.SMM);
  if (vm.config.paging === 'ept') return directRole(vm, vcpu.regs) | side;
  const role =
    vm.rules.roleBits === 'guest-efer-cr0'
      ? shadowRoleTo517(vcpu.regs, baseOnly)
      : shadowRole(vm, vcpu.regs);
  return role | side;
});

/**
 * The role of the root that shadows an EPT of L1.
 *
 * @see Linux `kvm_calc_shadow_ept_root_page_role()`, arch/x86/kvm/mmu/mmu.c
 */
export function shadowEptRole(vcpu: Vcpu, eptp: Word): number {
  const ad = hasAccessedDirty(eptp) ? 0 : ROLE.AD_DISABLED;
  const modeBased = isModeBased(vcpu) ? ROLE.CR4_SMEP | ROLE.ACC_USER_EXEC : 0;
  return walkLevelsOf(eptp) | ROLE.ACC_ALL | ROLE.GUEST_MODE | ad | modeBased;
}

/**
 * The role of the root that shadows nested page tables of L1's, by L1's registers. It has as many levels as
 * the host, and so may stand above their top table. Where KVM knows GMET, CR4.SMEP in it tells of that.
 *
 * @see Linux `kvm_init_shadow_npt_mmu()`, arch/x86/kvm/mmu/mmu.c
 */
export function shadowNptRole(vm: Vm, tables: NestedTables): number {
  const regs = nptRegistersOf(tables);
  const role =
    vm.rules.roleBits === 'guest-efer-cr0' ? shadowRoleTo517(regs, false) : shadowRole(vm, regs);
  const level = tdpLevelsOf(vm.config);
  const isAbove = level === 5 && guestLevelsOf(regs) === 4 && vm.rules.rolePassthrough;
  const above = isAbove ? ROLE.PASSTHROUGH : 0;
  const kept = role & ~(ROLE.LEVEL_MASK | (vm.rules.hasGmet ? ROLE.CR4_SMEP : 0));
  return kept | level | ROLE.GUEST_MODE | above | (tables.gmet ? ROLE.CR4_SMEP : 0);
}

/** Levels of the tables by which KVM maps memory directly, and shadows NPT. @see `get_npt_level()` */
export function tdpLevelsOf({ maxphyaddr }: { maxphyaddr: number }): number {
  return maxphyaddr > 48 ? 5 : 4;
}

/** Levels of the guest's own tables: 2 to 5, or 0 without paging. */
export function guestLevelsOf(regs: Registers): number {
  if (!isPaging(regs)) return 0;
  if (isLongMode(regs)) return isLa57(regs) ? 5 : 4;
  return isPae(regs) ? PT32E_ROOT_LEVEL : 2;
}

/** TDP. @see Linux `kvm_calc_tdp_mmu_root_page_role()` */
function directRole({ config, rules }: Vm, regs: Registers): number {
  const level = tdpLevelsOf(config);
  const role = level | ROLE.DIRECT | ROLE.ACC_ALL;
  if (rules.roleBits !== 'guest-efer-cr0') return role | ROLE.CR0_WP | ROLE.EFER_NX;
  return role | guestEferAndWp(regs);
}

/** @see Linux v6.1 `kvm_init_shadow_mmu()`: the CPU role with at least three levels. */
function shadowRole({ rules }: Vm, regs: Registers): number {
  const level = Math.max(guestLevelsOf(regs), PT32E_ROOT_LEVEL);
  const isNx = rules.roleTells === 'nothing' || (isPaging(regs) && (regs.efer & EFER_NX) !== 0);
  const role = level | ROLE.ACC_ALL | (isNx ? ROLE.EFER_NX : 0);
  if (!isPaging(regs)) return role | ROLE.DIRECT;

  const wp = isWriteProtect(regs);
  const smep = rules.roleBits === 'cr4-smep' ? ROLE.CR4_SMEP : wp ? 0 : ROLE.SMEP_ANDNOT_WP;
  return (
    role |
    (isPae(regs) ? 0 : ROLE.HAS_4_BYTE_GPTE) |
    (wp ? ROLE.CR0_WP : 0) |
    (isSmep(regs) ? smep : 0) |
    (isSmap(regs) && !wp ? ROLE.SMAP_ANDNOT_WP : 0)
  );
}

/** @see Linux v5.14 `kvm_calc_shadow_mmu_root_page_role()` */
function shadowRoleTo517(regs: Registers, baseOnly: boolean): number {
  const level = isLongMode(regs) ? (isLa57(regs) ? 5 : 4) : PT32E_ROOT_LEVEL;
  const wp = isWriteProtect(regs);
  return (
    level |
    ROLE.ACC_ALL |
    (isPaging(regs) ? 0 : ROLE.DIRECT) |
    (isPae(regs) ? 0 : ROLE.HAS_4_BYTE_GPTE) |
    guestEferAndWp(regs) |
    (!baseOnly && isSmep(regs) && !wp ? ROLE.SMEP_ANDNOT_WP : 0) |
    (!baseOnly && isSmap(regs) && !wp ? ROLE.SMAP_ANDNOT_WP : 0)
  );
}

function guestEferAndWp(regs: Registers): number {
  if (!isPaging(regs)) return 0;
  const nx = (regs.efer & EFER_NX) !== 0 ? ROLE.EFER_NX : 0;
  return nx | (isWriteProtect(regs) ? ROLE.CR0_WP : 0);
}
