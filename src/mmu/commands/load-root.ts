import { VMCS } from '../machine/index.js';
import { kickToHost } from '../requests/index.js';
import { newPgd, switchCr3 } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { isDirect } from '../shadow/index.js';
import { type Emit, setField, type Vcpu, type Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/**
 * KVM switches `arch.mmu` to a pgd, and the pgd becomes what `get_guest_pgd()` returns, so that
 * the root which the next entry builds after a miss is the one asked for. A direct MMU ignores it.
 *
 * @see Linux `kvm_mmu_new_pgd()`, arch/x86/kvm/mmu/mmu.c
 */
export function loadRoot(vm: Vm, vcpu: Vcpu, { pgd }: CommandOf<'load-root'>, emit: Emit): Outcome {
  const { mmu, regs, nested } = vcpu;
  kickToHost(vcpu, emit);
  if (mmu.name === 'root') switchCr3(vm, vcpu, pgd, { init: false }, emit);
  else newPgd(vm, vcpu, pgd, emit);
  if (isDirect(mmu.role)) return OK;
  if (mmu.name === 'root') regs.cr3 = pgd;
  else if (nested.currentVmcs !== null) setField(nested.currentVmcs, VMCS.EPT_POINTER, pgd);
  return OK;
}
