import { isPaging } from '../machine/index.js';
import { invalidatePcidAddress } from '../roots/index.js';
import { expecting, invpcid, OK, onGuest } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const invpcidWithoutPagingCrashes: Defect = {
  title: 'INVPCID without paging crashes the host',
  source: '9f46c187e2e6 KVM: x86/mmu: fix NULL pointer dereference on guest INVPCID',
  what: 'INVPCID of an address calls the invlpg of an MMU without paging, which has none.',
  lifetime: { first: '5.8', last: '5.17', repair: '9f46c187e2e6' },
  where: 'kvm_mmu_invpcid_gva()',
  seams: [
    around(invalidatePcidAddress, (sound) => (vm, vcpu, what, emit) => {
      if (!isPaging(vcpu.regs)) {
        throw new Error('NULL pointer dereference: an MMU without paging has no invlpg');
      }
      sound(vm, vcpu, what, emit);
    }),
  ],
  judge: 'assertion',
  scene: onGuest([expecting(OK, invpcid(0, 0, '0x1000'))], {
    mode: 'none',
  }),
};
