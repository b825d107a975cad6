import {
  MOVED,
  MUTANT,
  on,
  onGuest,
  PV_FLUSH,
  preempt,
  READ_MOVED,
  read,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { recordStealTime } from '../vcpu/index.js';
import type { Defect } from './defect.js';

export const stealFlushSkipped: Defect = {
  title: 'The flush of a preempted vCPU is forgotten',
  source: MUTANT,
  what: 'A vCPU runs again without the flush that its guest left to KVM.',
  lifetime: null,
  where: 'record_steal_time()',
  seams: [
    around(recordStealTime, (sound) => (vm, vcpu, emit, cause) => {
      vcpu.steal.flushTlb = false;
      sound(vm, vcpu, emit, cause);
    }),
  ],
  judge: 'oracle',
  scene: onGuest([read(X), preempt(0), on(1, MOVED), PV_FLUSH, READ_MOVED], {
    config: { vcpus: 2 },
  }),
};
