import { flushGuest, syncRoots } from '../roots/index.js';
import { cr4, MOVED, MUTANT, onGuest, READ_MOVED, read, X } from '../scenes/index.js';
import { around, without } from '../seam.js';
import type { Defect } from './defect.js';

export const guestFlushSkipsSync: Defect = {
  title: 'A guest flush forgets the current shadow',
  source: MUTANT,
  what: 'TLB_FLUSH_GUEST does not sync the current root.',
  lifetime: null,
  where: 'kvm_vcpu_flush_tlb_guest()',
  seams: [
    around(flushGuest, (sound) => (vm, vcpu, emit, causedBy) => {
      sound(without(vm, syncRoots), vcpu, emit, causedBy);
    }),
  ],
  judge: 'oracle',
  scene: onGuest([read(X), MOVED, cr4('0x20'), READ_MOVED]),
};
