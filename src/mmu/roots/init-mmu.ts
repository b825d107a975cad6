import type { NestedTables, Word } from '../machine/index.js';
import { walkLevelsOf } from '../machine/index.js';
import { type Dues, NO_DUES } from '../policies/index.js';
import { seam } from '../seam.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { unloadMmu } from './free-roots.js';
import { newPgd } from './new-pgd.js';
import { guestLevelsOf, rootMmuRole, shadowEptRole, shadowNptRole } from './root-role.js';

/**
 * Configures `root_mmu` for the registers as they are now. While L2 runs on EPT its own registers
 * drive a walker that has no roots, so `root_mmu` stays as L1 left it.
 *
 * @see Linux `kvm_init_mmu()`, arch/x86/kvm/mmu/mmu.c
 */
export function initMmu(vm: Vm, vcpu: Vcpu): void {
  if (vcpu.mmu.name === 'guest') return;
  vcpu.rootMmu.role = rootMmuRole(vm, vcpu, { baseOnly: false });
  vcpu.rootMmu.guestLevels = guestLevelsOf(vcpu.regs);
}

/**
 * Drops every root of both MMUs and configures the MMU anew.
 *
 * @see Linux `kvm_mmu_reset_context()`, arch/x86/kvm/mmu/mmu.c
 */
export function resetContext(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  unloadMmu(vm, vcpu, 'unload', emit);
  initMmu(vm, vcpu);
}

/**
 * Switches `root_mmu` to a CR3 value. To v5.17 the switch came before the MMU was configured anew,
 * and looked for a role without its extended part.
 *
 * @param init Whether the registers changed so that the MMU must be configured anew.
 * @param unskipped v5.13 alone: what a hit requests because the caller did not say to skip it.
 */
export function switchCr3(
  vm: Vm,
  vcpu: Vcpu,
  cr3: Word,
  { init, unskipped = NO_DUES }: { init: boolean; unskipped?: Dues },
  emit: Emit,
): void {
  if (vm.rules.wantsBaseRole) {
    const role = rootMmuRole(vm, vcpu, { baseOnly: true });
    newPgd(vm, vcpu, cr3, emit, role, unskipped);
    if (init) initMmu(vm, vcpu);
    return;
  }
  if (init) initMmu(vm, vcpu);
  newPgd(vm, vcpu, cr3, emit, vcpu.mmu.role, unskipped);
}

/**
 * Configures `guest_mmu` for an EPT of L1 and switches to it; `arch.mmu` must be `guest_mmu`.
 *
 * @see Linux `kvm_init_shadow_ept_mmu()`, arch/x86/kvm/mmu/mmu.c
 */
export const initShadowEptMmu = seam(function initShadowEptMmu(
  vm: Vm,
  vcpu: Vcpu,
  eptp: Word,
  emit: Emit,
): void {
  if (vm.rules.pgdSwitch === 'swap-chain') {
    newPgd(vm, vcpu, eptp, emit, shadowEptRole(vcpu, eptp));
  }
  configureShadowEptMmu(vcpu, eptp);
  if (vm.rules.pgdSwitch === 'keep-or-fill') newPgd(vm, vcpu, eptp, emit);
});

/**
 * Configures `guest_mmu` for nested page tables of L1 and switches to it; `arch.mmu` must be
 * `guest_mmu`.
 *
 * @see Linux `kvm_init_shadow_npt_mmu()`, arch/x86/kvm/mmu/mmu.c
 */
export function initShadowNptMmu(vm: Vm, vcpu: Vcpu, tables: NestedTables, emit: Emit): void {
  const { nestedCr3, l1 } = tables;
  const role = shadowNptRole(vm, tables);
  if (vm.rules.pgdSwitch === 'swap-chain') newPgd(vm, vcpu, nestedCr3, emit, role);
  vcpu.guestMmu.role = role;
  vcpu.guestMmu.guestLevels = guestLevelsOf(l1);
  if (vm.rules.pgdSwitch === 'keep-or-fill') newPgd(vm, vcpu, nestedCr3, emit);
}

/** `guest_mmu` is to shadow this EPT; no root of it is looked for. */
export function configureShadowEptMmu(vcpu: Vcpu, eptp: Word): void {
  const { guestMmu } = vcpu;
  guestMmu.role = shadowEptRole(vcpu, eptp);
  guestMmu.guestLevels = walkLevelsOf(eptp);
}
