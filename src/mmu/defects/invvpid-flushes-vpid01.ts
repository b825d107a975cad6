import { nestedVpid02Of } from '../commands/invvpid.js';
import { editedBetween, invvpid, MUTANT, onHypervisor } from '../scenes/index.js';
import { around } from '../seam.js';
import { vpid01Of } from '../tlb/index.js';
import type { Defect } from './defect.js';

export const invvpidFlushesVpid01: Defect = {
  title: 'INVVPID flushes L1',
  source: MUTANT,
  what: 'INVVPID drops what is tagged with the VPID of L1.',
  lifetime: null,
  where: 'handle_invvpid()',
  seams: [around(nestedVpid02Of, () => (_vm, vcpu) => vpid01Of(vcpu))],
  judge: 'oracle',
  scene: onHypervisor(editedBetween(invvpid(1, 1))),
};
