import { KVM_REQ } from '../requests/index.js';
import { invalidatePcid } from '../roots/index.js';
import { B, cr3, MUTANT, onGuest, twoTablesOfOnePcid } from '../scenes/index.js';
import { around, withAlso } from '../seam.js';
import type { Defect } from './defect.js';
import { unrequested } from './unrequested.js';

export const pcidFlushSkipsFlush: Defect = {
  title: 'A PCID flush forgets the hardware',
  source: MUTANT,
  what: 'Invalidating the PCID in use requests no TLB_FLUSH_CURRENT.',
  lifetime: null,
  where: 'kvm_invalidate_pcid()',
  seams: [
    around(invalidatePcid, (sound) => (vm, vcpu, what, emit) => {
      sound(withAlso(vm, unrequested(KVM_REQ.TLB_FLUSH_CURRENT)), vcpu, what, emit);
    }),
  ],
  judge: 'oracle',
  scene: onGuest(twoTablesOfOnePcid(cr3(B + 1))),
};
