import { injectPageFault } from '../access/index.js';
import {
  expecting,
  FRAME_A,
  onGuest,
  PT,
  pf,
  pte,
  READ_MOVED,
  read,
  SPARE,
  store,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { pageFault, raise } from '../vcpu/index.js';
import type { Defect } from './defect.js';

export const faultInjectedWithoutSync: Defect = {
  title: 'A fault is injected and nothing forgotten',
  source: 'KVM: x86: Sync SPTEs when injecting page/EPT fault into L1',
  what: 'A page fault that KVM injects does not bring the faulting address into step.',
  lifetime: { first: '2.6.28', last: '5.7', repair: null },
  where: 'kvm_inject_emulated_page_fault()',
  seams: [
    around(
      injectPageFault,
      () =>
        (_vm, vcpu, { errorCode, address }, emit) =>
          raise(vcpu, pageFault(errorCode, address), emit),
    ),
  ],
  judge: 'oracle',
  scene: onGuest([
    ...[store(PT, pte(FRAME_A, 0x63)), read(X), store(PT, pte(SPARE, 0x63))],
    ...[expecting(pf(0x5), read(X, undefined, true)), READ_MOVED],
  ]),
};
