import { invalidateLinearAddress } from '../roots/index.js';
import {
  A,
  B,
  cr3,
  invlpg,
  MOVED,
  MUTANT,
  nf,
  onGuest,
  PCIDE,
  READ_MOVED,
  read,
  X,
} from '../scenes/index.js';
import { around, withAlso } from '../seam.js';
import { currentAlone } from './current-alone.js';
import type { Defect } from './defect.js';

export const invlpgCurrentRootOnly: Defect = {
  title: 'INVLPG stops at the current root',
  source: MUTANT,
  what: 'The leaves of cached roots are not brought into step.',
  lifetime: null,
  where: 'kvm_mmu_invlpg()',
  seams: [
    around(invalidateLinearAddress, (sound) => (vm, vcpu, address, emit) => {
      sound(withAlso(vm, currentAlone), vcpu, address, emit);
    }),
  ],
  judge: 'oracle',
  scene: onGuest([
    ...[PCIDE, cr3(A + 1), read(X), nf(B + 1), MOVED],
    ...[invlpg(X), nf(A + 1), READ_MOVED],
  ]),
};
