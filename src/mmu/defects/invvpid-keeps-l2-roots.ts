import { freeGuestModeRoots } from '../roots/index.js';
import {
  A,
  invvpid,
  l2HasUsedBoth,
  nf,
  onHypervisor,
  READ_MOVED,
  resume,
  SHADOWED_L2,
} from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const invvpidKeepsL2Roots: Defect = {
  title: 'INVVPID without EPT keeps roots of L2',
  source: 'KVM: nVMX: Invalidate all roots when emulating INVVPID without EPT (2020)',
  what: 'INVVPID flushes the hardware, and leaves the shadow roots of L2 as they are.',
  lifetime: { first: '4.19', last: '5.7', repair: null },
  where: 'handle_invvpid()',
  seams: [around(freeGuestModeRoots, () => () => undefined)],
  judge: 'oracle',
  scene: onHypervisor(
    [...l2HasUsedBoth, invvpid(1, 1), resume, nf(A + 1), READ_MOVED],
    SHADOWED_L2,
  ),
};
