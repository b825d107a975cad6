import { flushesEverything } from '../commands/mov-cr4.js';
import { X86_CR4_PGE } from '../machine/index.js';
import { cr4, MOVED, MUTANT, onGuest, READ_MOVED, read, X } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const pgeToggleIgnored: Defect = {
  title: 'A toggle of CR4.PGE flushes nothing',
  source: MUTANT,
  what: 'What the guest asked for by CR4.PGE does not happen.',
  lifetime: null,
  where: 'kvm_post_set_cr4()',
  seams: [
    around(
      flushesEverything,
      (sound) => (vm, changed, old) => sound(vm, changed & ~X86_CR4_PGE, old),
    ),
  ],
  judge: 'oracle',
  scene: onGuest([read(X), MOVED, cr4('0x20'), READ_MOVED]),
};
