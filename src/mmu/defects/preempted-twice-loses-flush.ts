import { MOVED, on, onGuest, PV_FLUSH, preempt, READ_MOVED, read, X } from '../scenes/index.js';
import { around } from '../seam.js';
import { markPreempted } from '../vcpu/index.js';
import type { Defect } from './defect.js';

export const preemptedTwiceLosesFlush: Defect = {
  title: 'A vCPU that is preempted twice forgets a flush',
  source: '8c6de56a42e0 x86/kvm: Be careful not to clear KVM_VCPU_FLUSH_TLB bit (CVE-2019-3016)',
  what: 'To mark a vCPU as preempted anew overwrites the flush that its guest has asked for.',
  lifetime: { first: '4.16', last: '5.5', lastOf: { '5.4': '5.4.18' }, repair: '8c6de56a42e0' },
  where: 'kvm_steal_time_set_preempted()',
  seams: [
    around(markPreempted, (sound) => (vm, vcpu) => {
      sound(vm, vcpu);
      vcpu.steal.flushTlb = false;
    }),
  ],
  judge: 'oracle',
  scene: onGuest([read(X), preempt(0), on(1, MOVED), PV_FLUSH, preempt(0), READ_MOVED], {
    config: { vcpus: 2 },
  }),
};
