import { gfnToGpa } from '../machine/index.js';
import { ALIAS, FRAME_A, FRAME_B, MUTANT, mapped, onGuest, read, X } from '../scenes/index.js';
import { around } from '../seam.js';
import { ROLE } from '../shadow/index.js';
import { wantedBelow } from '../shadow/page-fault.js';
import type { Defect } from './defect.js';

export const quadrantLost: Defect = {
  title: 'The second half of a 32-bit table is the first',
  source: MUTANT,
  what: 'The quadrant is not part of the role of a page.',
  lifetime: null,
  where: 'kvm_mmu_child_role()',
  seams: [
    around(wantedBelow, (sound) => (vm, page, index, mapping) => {
      const { gfn, role } = sound(vm, page, index, mapping);
      return { gfn, role: role & ~ROLE.QUADRANT_MASK };
    }),
  ],
  judge: 'oracle',
  scene: onGuest([read(X, FRAME_A), read(ALIAS, FRAME_B), read(X, FRAME_A)], {
    mode: '32-bit',
    also: [mapped(ALIAS, gfnToGpa(FRAME_B), 0x10a000)],
  }),
};
