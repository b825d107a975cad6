import {
  B,
  FRAME_A,
  FRAME_B,
  launch,
  leave,
  MUTANT,
  onHypervisor,
  read,
  resume,
  SHADOWED_L2,
  vmwrite,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { tagInUse, vpid01Of } from '../tlb/index.js';
import type { Defect } from './defect.js';

export const tlbTagWithoutVpid: Defect = {
  title: 'TLB entries of L2 carry the VPID of L1',
  source: MUTANT,
  what: 'An entry of L1 serves its L2.',
  lifetime: null,
  where: 'vmx_vcpu_load_vmcs()',
  seams: [
    around(tagInUse, (sound) => (vm, vcpu) => ({ ...sound(vm, vcpu), vpid: vpid01Of(vcpu) })),
  ],
  judge: 'oracle',
  scene: onHypervisor(
    [vmwrite('GUEST_CR3', B), launch, leave, read(X, FRAME_A), resume, read(X, FRAME_B)],
    SHADOWED_L2,
  ),
};
