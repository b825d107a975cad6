import { rootPcidOf } from '../roots/invalidate.js';
import { flushedFromAfar, invpcid, MUTANT, onGuest } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const pcidComparedWithoutBit11: Defect = {
  title: 'PCIDs are compared by 11 bits',
  source: MUTANT,
  what: 'A cached root is not found to carry a PCID above 2047.',
  lifetime: null,
  where: 'kvm_get_pcid()',
  seams: [around(rootPcidOf, (sound) => (vm, vcpu, pgd) => sound(vm, vcpu, pgd) & 0x7ff)],
  judge: 'oracle',
  scene: onGuest(flushedFromAfar(invpcid(1, 0x801), 0x801)),
};
