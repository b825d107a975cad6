import { flushesEverything } from '../commands/mov-cr4.js';
import { X86_CR4_PCIDE } from '../machine/index.js';
import { cr4, MOVED, MUTANT, onGuest, PCIDE, READ_MOVED, read, X } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const pcideOffIgnored: Defect = {
  title: 'Clearing CR4.PCIDE flushes nothing',
  source: MUTANT,
  what: 'Translations of every PCID stay when PCIDE is cleared.',
  lifetime: null,
  where: 'kvm_post_set_cr4()',
  seams: [
    around(
      flushesEverything,
      (sound) => (vm, changed, old) => sound(vm, changed & ~X86_CR4_PCIDE, old),
    ),
  ],
  judge: 'oracle',
  scene: onGuest([PCIDE, read(X), MOVED, cr4('0xa0'), READ_MOVED]),
};
