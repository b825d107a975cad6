import {
  A,
  cr3,
  FRAME_A,
  hostWrite,
  LARGE,
  LARGE_PDE,
  onGuest,
  read,
  store,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { isChildWanted } from '../shadow/page-fault.js';
import type { Defect } from './defect.js';

export const directPageAnyGfn: Defect = {
  title: 'A direct page serves another large page',
  source: '0cb2af2ea66a KVM: x86/mmu: Fix shadow paging use-after-free due to unexpected GFN',
  what: 'A child is reused though the frame that it maps is not the one now wanted.',
  where: 'kvm_mmu_get_child_sp()',
  seams: [
    around(
      isChildWanted,
      (sound) =>
        (vm, child, { role }) =>
          sound(vm, child, { gfn: child.gfn, role }),
    ),
  ],
  judge: 'oracle',
  scene: onGuest([
    ...[store(LARGE_PDE, 0x2000e7), read(LARGE + 0x18000, 0), hostWrite(LARGE_PDE, 0xe7), cr3(A)],
    ...[read(LARGE + 0x10000, FRAME_A), read(LARGE + 0x11000, FRAME_A + 1)],
  ]),
};
