import { B, FRAME_B, invlpg, l2WithTwoTables, nf, onHypervisor, read, X } from '../scenes/index.js';
import type { Defect } from './defect.js';

/**
 * The stable releases are those whose reviews list the repair. 5.15 had the mistake as well, with what
 * it repairs, which is in the review of December 2021, and lost it in 5.15.174.
 */
export const l2WithoutVpidUnflushed: Defect = {
  title: 'A flush misses an L2 without a VPID',
  source: '2657b82a78f1 KVM: nVMX: Treat vpid01 as current if L2 is active, but with VPID disabled',
  what: 'A flush while L2 runs names the VPID of L2, though an L2 without one runs under that of L1.',
  lifetime: {
    first: '5.16',
    last: '6.11',
    lastOf: { '6.1': '6.1.118', '6.6': '6.6.62', '6.11': '6.11.9' },
    repair: '2657b82a78f1',
  },
  where: 'vmx_get_current_vpid()',
  rules: { l2Vpid: 'vpid02' },
  judge: 'oracle',
  scene: onHypervisor([...l2WithTwoTables, nf(B + 1), invlpg(X), read(X, FRAME_B)], {
    config: { paging: 'shadow' },
    controls: 0,
  }),
};
