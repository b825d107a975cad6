import {
  A,
  B,
  cr3,
  ENABLE_VPID,
  launch,
  leave,
  MOVED,
  onHypervisor,
  READ_MOVED,
  read,
  resume,
  vmwrite,
  X,
} from '../../../mmu/scenes/index.js';
import type { Unnamed } from '../exhibit.js';

/** L2 flushes by a MOV CR3 to another table; L1 returns it to the first, whose root is cached. */
const scene = onHypervisor(
  [
    ...[launch, read(X), leave, MOVED, resume, cr3(B), leave],
    ...[vmwrite('GUEST_CR3', A), resume, READ_MOVED],
  ],
  { config: { paging: 'shadow' }, controls: ENABLE_VPID },
);

export const mainlineT17L2: Unnamed = {
  title: 'A VM entry reuses a root of L2 that nobody syncs',
  source: 'Linux itself, trap T17',
  what: 'Without PCIDE and EPT a root that L2 flushed stays cached, and a VM entry may load it.',
  lifetime: { first: '5.16', last: null, repair: null, seenOn: ['6.1.192', '7.3.4'] },
  where: 'kvm_invalidate_pcid()',
  amiss: { policy: 'mainline' },
  sound: { policy: 'mainline-5.14' },
  judge: 'oracle',
  scene,
};
