import { eptLimitsOf } from '../access/ept.js';
import { EPT, expecting, launch, onHypervisor, read, store, X } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const eptBit7Unchecked: Defect = {
  title: 'Bit 7 of an EPT entry of level 4 is let through',
  source: 'CVE-2017-12188 KVM: x86: MMU page-walk overrun',
  what: 'The walk of an EPT of L1 does not know at which levels bit 7 is reserved.',
  lifetime: { first: '4.6', last: '4.13', repair: 'fd19d3b45164' },
  where: 'update_last_nonleaf_level()',
  seams: [
    around(eptLimitsOf, (sound) => (vm, vcpu) => ({ ...sound(vm, vcpu), lastNonleafLevel: 3 })),
  ],
  judge: 'oracle',
  scene: onHypervisor([
    ...[store(EPT, 0x11b087), launch, expecting({ kind: 'vm-exit', reason: 49 }, read(X))],
  ]),
};
