import { syncRoots } from '../roots/index.js';
import { A, cr3, MUTANT, onGuest, pte, read, SPARE, store } from '../scenes/index.js';
import { around, withAlso } from '../seam.js';
import { syncChildren } from '../shadow/index.js';
import type { Defect } from './defect.js';

export const paeRootSyncedInPart: Defect = {
  title: 'One of four PAE pages is synced',
  source: MUTANT,
  what: 'The loop over the entries of a PAE root ends after the first.',
  lifetime: null,
  where: 'kvm_mmu_sync_roots()',
  seams: [
    around(syncRoots, (sound) => (vm, vcpu, emit, causedBy) => {
      const first = around(
        syncChildren,
        (sync) => (vm, vcpu, page, emit) =>
          vcpu.mmu.paeRoots.indexOf(page) > 0
            ? { pages: 0, changed: 0 }
            : sync(vm, vcpu, page, emit),
      );
      sound(withAlso(vm, first), vcpu, emit, causedBy);
    }),
  ],
  judge: 'oracle',
  scene: onGuest(
    [read(0xc0400000), store(A + 0xb000, pte(SPARE)), cr3(A), read(0xc0400000, SPARE)],
    {
      mode: 'PAE',
      also: [
        {
          ...{ kind: 'map', vcpu: 0, root: '0x100000', address: '0xc0400000' },
          ...{ gpa: '0x10000', tables: '0x10a000' },
        },
        { kind: 'set-sregs', vcpu: 0 },
        { kind: 'mov-cr3', vcpu: 0, value: '0x100000' },
      ],
    },
  ),
};
