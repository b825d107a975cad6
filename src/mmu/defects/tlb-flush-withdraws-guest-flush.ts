import { clearRequest, KVM_REQ } from '../requests/index.js';
import { cr4, MOVED, MUTANT, onGuest, READ_MOVED, read, X } from '../scenes/index.js';
import { around } from '../seam.js';
import { flushAll } from '../vcpu/service-requests.js';
import type { Defect } from './defect.js';

export const tlbFlushWithdrawsGuestFlush: Defect = {
  title: 'TLB_FLUSH takes a guest flush with it',
  source: MUTANT,
  what: 'Servicing TLB_FLUSH withdraws a pending TLB_FLUSH_GUEST, whose sync is lost.',
  lifetime: null,
  where: 'kvm_vcpu_flush_tlb_all()',
  seams: [
    around(flushAll, (sound) => (vm, vcpu, emit, cause) => {
      clearRequest(vcpu, KVM_REQ.TLB_FLUSH_GUEST);
      sound(vm, vcpu, emit, cause);
    }),
  ],
  judge: 'oracle',
  scene: onGuest([
    ...[read(X), MOVED, cr4('0x20')],
    { command: { kind: 'make-request', vcpu: 0, request: 'TLB_FLUSH' } },
    READ_MOVED,
  ]),
};
