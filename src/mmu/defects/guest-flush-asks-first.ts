import { flushGuest, guestFlushUnloads, invalidateRoots } from '../roots/index.js';
import { A, cr4, enter, invpcid, MOVED, MUTANT, nf, onGuest, read, X } from '../scenes/index.js';
import { CURRENT } from '../schema/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const guestFlushAsksFirst: Defect = {
  title: 'A guest-wide flush asks before it syncs',
  source: MUTANT,
  lifetime: null,
  what: 'A root that shares its page with the current one is freed, though a sync brings it in step.',
  where: 'kvm_vcpu_flush_tlb_guest()',
  seams: [
    around(flushGuest, (sound) => (vm, vcpu, emit, causedBy) => {
      if (vm.config.paging === 'shadow' && !guestFlushUnloads(vm, vcpu)) {
        const covers = (_root: unknown, slot: number) => slot !== CURRENT;
        invalidateRoots(vm, vcpu, { mmu: vcpu.mmu, by: 'guest-flush', covers }, emit);
      }
      sound(vm, vcpu, emit, causedBy);
    }),
  ],
  judge: 'economy',
  // Two PCIDs over one PML4, and an entry below it that has changed.
  scene: onGuest([cr4('0x200a0'), nf(A + 1), read(X), nf(A + 2), MOVED, invpcid(2, 0), enter]),
};
