import { KVM_REQ } from '../requests/index.js';
import { invalidatePcid } from '../roots/index.js';
import { A, cr3, MOVED, MUTANT, onGuest, PCIDE, READ_MOVED, read, X } from '../scenes/index.js';
import { around, withAlso } from '../seam.js';
import type { Defect } from './defect.js';
import { unrequested } from './unrequested.js';

export const pcidFlushSkipsSync: Defect = {
  title: 'A PCID flush forgets the shadow',
  source: MUTANT,
  what: 'Invalidating the PCID in use requests no MMU_SYNC.',
  lifetime: null,
  where: 'kvm_invalidate_pcid()',
  seams: [
    around(invalidatePcid, (sound) => (vm, vcpu, what, emit) => {
      sound(withAlso(vm, unrequested(KVM_REQ.MMU_SYNC)), vcpu, what, emit);
    }),
  ],
  judge: 'oracle',
  scene: onGuest([PCIDE, cr3(A + 1), read(X), MOVED, cr3(A + 1), READ_MOVED]),
};
