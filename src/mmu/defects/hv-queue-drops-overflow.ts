import {
  hvFlush,
  MOVED,
  MUTANT,
  ON_HYPER_V,
  on,
  onGuest,
  READ_MOVED,
  read,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { queueHvFlush } from '../vcpu/index.js';
import type { Defect } from './defect.js';

/** Pages that nobody uses, as many as the queue takes. */
const OTHERS = Array.from({ length: 15 }, (_, i) => 0x7000000 + i * 0x1000);

export const hvQueueDropsOverflow: Defect = {
  title: 'A flush that does not fit its queue is lost',
  source: MUTANT,
  what: 'A list for which the queue has no room is dropped, where all is to be flushed.',
  lifetime: null,
  where: 'hv_tlb_flush_enqueue()',
  seams: [
    around(queueHvFlush, (sound) => (vm, vcpu, entries) => {
      if (vcpu.hvFlushes.length < OTHERS.length) sound(vm, vcpu, entries);
    }),
  ],
  judge: 'oracle',
  scene: onGuest([read(X), on(1, MOVED), hvFlush(...OTHERS), hvFlush(X), READ_MOVED], ON_HYPER_V),
};
