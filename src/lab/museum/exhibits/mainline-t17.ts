import {
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
  X,
} from '../../../mmu/scenes/index.js';
import type { Unnamed } from '../exhibit.js';

/** A VM exit loads a table whose root is cached, and which a MOV CR3 flushed without PCIDE. */
const scene = onHypervisor([launch, leave, read(X), MOVED, cr3(B), resume, leave, READ_MOVED], {
  config: { paging: 'shadow' },
  controls: ENABLE_VPID,
});

export const mainlineT17: Unnamed = {
  title: 'A nested transition reuses a root that nobody syncs',
  source: 'Linux itself, trap T17',
  what: 'Without PCIDE and EPT a flushed root stays cached, and a VM exit may load it as it is.',
  lifetime: { first: '5.16', last: null, repair: null, seenOn: ['6.1.192', '7.3.4'] },
  where: 'kvm_invalidate_pcid()',
  amiss: { policy: 'mainline' },
  sound: { policy: 'mainline-5.14' },
  judge: 'oracle',
  scene,
};
