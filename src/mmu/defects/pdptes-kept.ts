import { A, cr3, FRAME_A, FRAME_B, onGuest, PML4, read, store, X } from '../scenes/index.js';
import type { Defect } from './defect.js';

export const pdptesKept: Defect = {
  title: 'A PAE root outlives its PDPTEs',
  source: '6b123c3a89a9 KVM: x86/mmu: Reconstruct shadow page root if the guest PDPTEs is changed',
  what: 'PDPTEs that changed under the same CR3 do not rebuild the PAE root.',
  lifetime: { first: '5.14', last: '5.16', repair: '6b123c3a89a9' },
  where: 'load_pdptrs()',
  rules: { changedPdptes: 'ignored' },
  judge: 'oracle',
  scene: onGuest([read(X, FRAME_A), store(PML4, 0x111001), cr3(A), read(X, FRAME_B)], {
    mode: 'PAE',
  }),
};
