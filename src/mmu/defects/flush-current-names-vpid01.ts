import {
  B,
  cr3,
  FRAME_B,
  l2WithTwoTables,
  MUTANT,
  onHypervisor,
  read,
  SHADOWED_L2,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { syncVpidContext } from '../tlb/flush.js';
import { vpid01Of } from '../tlb/index.js';
import type { Defect } from './defect.js';

export const flushCurrentNamesVpid01: Defect = {
  title: 'A flush of the current context hits L1',
  source: MUTANT,
  what: 'TLB_FLUSH_CURRENT names the VPID of L1 while L2 runs.',
  lifetime: null,
  where: 'vmx_flush_tlb_current()',
  seams: [
    around(syncVpidContext, (sound) => (vm, vcpu, _vpid, emit, causedBy) => {
      sound(vm, vcpu, vpid01Of(vcpu), emit, causedBy);
    }),
  ],
  judge: 'oracle',
  scene: onHypervisor([...l2WithTwoTables, cr3(B + 1), read(X, FRAME_B)], SHADOWED_L2),
};
