import { isPaePaging, isVisibleGfn, rootGfnOf } from '../machine/index.js';
import { KVM_REQ, makeRequest } from '../requests/index.js';
import { seam } from '../seam.js';
import { currentRoot, type Emit, type Vcpu, type Vm } from '../state/index.js';
import { isDummyRoot } from './place.js';

/**
 * The root leads nowhere. One that was just freed is loaded again. A dummy root is freed by request:
 * the guest's root can be seen by now, since its tables were walked. Where it cannot, because PAE
 * paging walks from PDPTEs that were loaded long ago, KVM would free it again for ever, and the run
 * ends. A PAE root whose page directory could not be seen stays as it is, and KVM has no way on.
 *
 * @see Linux v6.12 `FNAME(fetch)`: `kvm_mmu_is_dummy_root()`; `WARN_ON_ONCE(it.level != ...)`
 */
export const withoutTop = seam(function withoutTop(
  vm: Vm,
  vcpu: Vcpu,
  emit: Emit,
): 'retry' | 'error' {
  const { mmu } = vcpu;
  if (currentRoot(mmu) === null) return 'retry';
  if (!isDummyRoot(mmu) || isRootUnseen(vm, vcpu)) return 'error';
  makeRequest(vm, vcpu, KVM_REQ.MMU_FREE_OBSOLETE_ROOTS, emit);
  return 'retry';
});

/** Whether the table that CR3 names lies in no memslot, while PDPTEs that came from it go on. */
function isRootUnseen({ memory }: Vm, { mmu, regs }: Vcpu): boolean {
  return mmu.name === 'root' && isPaePaging(regs) && !isVisibleGfn(memory, rootGfnOf(regs.cr3));
}
