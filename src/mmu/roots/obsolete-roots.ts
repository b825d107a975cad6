import { CURRENT } from '../schema/index.js';
import { isObsolete } from '../shadow/index.js';
import {
  currentRoot,
  type Emit,
  prevRootCount,
  type RootInfo,
  rootAt,
  type Vcpu,
  type Vm,
} from '../state/index.js';
import { freeRoots, type RootMask, rootMaskOf } from './free-roots.js';

/**
 * Frees the roots that were zapped or belong to the other generation, and no others; a root that
 * has no shadow page always counts as obsolete. v5.18 looks at the current root for every slot.
 *
 * @see Linux `kvm_mmu_free_obsolete_roots()`, arch/x86/kvm/mmu/mmu.c
 */
export function freeObsoleteRoots(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  for (const mmu of [vcpu.rootMmu, vcpu.guestMmu]) {
    let roots: RootMask = 0;
    for (let slot = CURRENT; slot < prevRootCount(mmu); slot += 1) {
      const root = rootAt(mmu, slot);
      const judged = vm.rules.obsoleteRootsBy === 'own-page' ? root : currentRoot(mmu);
      if (root !== null && judged !== null && isObsoleteRoot(vm, judged)) {
        roots |= rootMaskOf(slot);
      }
    }
    freeRoots(vm, vcpu, mmu, { roots, cause: 'obsolete' }, emit);
  }
}

/** @see Linux `is_obsolete_root()`, arch/x86/kvm/mmu/mmu.c */
function isObsoleteRoot(vm: Vm, { page }: RootInfo): boolean {
  return page === null || isObsolete(vm, page);
}
