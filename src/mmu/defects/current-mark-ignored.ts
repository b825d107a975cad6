import { NO_DUES } from '../policies/index.js';
import { reuse } from '../roots/new-pgd.js';
import { CACHED_ROOTS, EPTP, editedEpt, invept, MUTANT, onHypervisor } from '../scenes/index.js';
import { CURRENT } from '../schema/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const currentMarkIgnored: Defect = {
  title: 'A hit on the current root asks nothing',
  source: MUTANT,
  what: 'What the current root owes is not requested when it is found again.',
  lifetime: null,
  where: 'kvm_mmu_new_pgd()',
  seams: [
    around(reuse, (sound) => (vm, vcpu, hit, emit) => {
      const owesNothing = { ...hit, dues: NO_DUES, owed: NO_DUES };
      sound(vm, vcpu, hit.slot === CURRENT ? owesNothing : hit, emit);
    }),
  ],
  judge: 'oracle',
  scene: onHypervisor(editedEpt(invept(1, EPTP)), CACHED_ROOTS),
};
