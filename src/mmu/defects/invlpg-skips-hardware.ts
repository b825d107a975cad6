import { invalidateLinearAddress } from '../roots/index.js';
import { B, invlpg, MUTANT, nf, onGuest, twoTablesOfOnePcid, X } from '../scenes/index.js';
import { around, without } from '../seam.js';
import { flushTlbGva } from '../tlb/index.js';
import type { Defect } from './defect.js';

export const invlpgSkipsHardware: Defect = {
  title: 'INVLPG forgets the hardware',
  source: MUTANT,
  what: 'INVLPG brings the shadow into step and leaves the TLB alone.',
  lifetime: null,
  where: 'kvm_mmu_invalidate_addr()',
  seams: [
    around(invalidateLinearAddress, (sound) => (vm, vcpu, address, emit) => {
      sound(without(vm, flushTlbGva), vcpu, address, emit);
    }),
  ],
  judge: 'oracle',
  scene: onGuest(twoTablesOfOnePcid(nf(B + 1), invlpg(X))),
};
