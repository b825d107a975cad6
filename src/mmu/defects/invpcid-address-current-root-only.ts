import { invalidatePcidAddress } from '../roots/index.js';
import { flushedFromAfar, invpcid, MUTANT, onGuest } from '../scenes/index.js';
import { around, withAlso } from '../seam.js';
import { currentAlone } from './current-alone.js';
import type { Defect } from './defect.js';

export const invpcidAddressCurrentRootOnly: Defect = {
  title: 'INVPCID of an address stops at the current root',
  source: MUTANT,
  what: 'Cached roots that carry the PCID are passed over.',
  lifetime: null,
  where: 'kvm_mmu_invpcid_gva()',
  seams: [
    around(invalidatePcidAddress, (sound) => (vm, vcpu, what, emit) => {
      sound(withAlso(vm, currentAlone), vcpu, what, emit);
    }),
  ],
  judge: 'oracle',
  scene: onGuest(flushedFromAfar(invpcid(0, 1, '0x400000'))),
};
