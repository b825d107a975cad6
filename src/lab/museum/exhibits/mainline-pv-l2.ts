import {
  flushedOverL2,
  MOVED,
  on,
  onHypervisor,
  PV_FLUSH,
  preempt,
} from '../../../mmu/scenes/index.js';
import type { Unnamed } from '../exhibit.js';

/** A kernel of L1 flushes its vCPU 0, which the host has preempted while it ran L2. */
const scene = onHypervisor(flushedOverL2(preempt(0), on(1, MOVED), PV_FLUSH), {
  config: { vcpus: 2 },
});

export const mainlinePvL2: Unnamed = {
  title: 'A flush that L1 leaves to KVM hits L2',
  source: 'Linux itself',
  what: 'A vCPU that is preempted in L2 is flushed under the VPID of L2, and L1 keeps its TLB.',
  lifetime: { first: '5.16', last: null, repair: null },
  where: 'record_steal_time()',
  amiss: { policy: 'mainline' },
  sound: { kernel: '5.14' },
  judge: 'oracle',
  scene,
};
