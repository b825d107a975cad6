import { flushGuest } from '../roots/index.js';
import { B, cr4, MUTANT, nf, onGuest, twoTablesOfOnePcid } from '../scenes/index.js';
import { around, without } from '../seam.js';
import { flushTlbGuest } from '../tlb/index.js';
import type { Defect } from './defect.js';

export const guestFlushSkipsHardware: Defect = {
  title: 'A guest flush forgets the hardware',
  source: MUTANT,
  what: 'TLB_FLUSH_GUEST syncs the shadow and flushes no TLB.',
  lifetime: null,
  where: 'kvm_vcpu_flush_tlb_guest()',
  seams: [
    around(flushGuest, (sound) => (vm, vcpu, emit, causedBy) => {
      sound(without(vm, flushTlbGuest), vcpu, emit, causedBy);
    }),
  ],
  judge: 'oracle',
  scene: onGuest(twoTablesOfOnePcid(nf(B + 1), cr4('0x20020'))),
};
