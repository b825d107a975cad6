import { walkShadow } from '../access/shadow-walk.js';
import { FRAME_A, onGuest, read, X } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const paeRootUnknown: Defect = {
  title: 'A PAE root is walked from level 5',
  source: '12ec33a70574 KVM: X86: Fix when shadow_root_level=5 && guest root_level<4',
  what: 'Under 5-level shadow tables the walk does not begin at the four entries of PAE.',
  lifetime: { first: '5.15', last: '5.16', repair: '12ec33a70574' },
  where: 'shadow_walk_init_using_root()',
  seams: [
    around(walkShadow, (sound) => (vm, vcpu, address) => {
      if (vm.config.maxphyaddr > 48 && vcpu.mmu.paeRoots.length > 0) {
        throw new Error('NULL pointer dereference: a PAE root has no entry for level 5');
      }
      return sound(vm, vcpu, address);
    }),
  ],
  judge: 'assertion',
  scene: onGuest([read(X, FRAME_A)], {
    config: { maxphyaddr: 52, cpuid: { la57: true } },
    mode: 'PAE',
  }),
};
