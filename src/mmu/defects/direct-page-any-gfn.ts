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
  lifetime: {
    first: '2.6.20',
    last: '7.0',
    lastOf: {
      '6.1': '6.1.174',
      '6.6': '6.6.139',
      '6.12': '6.12.87',
      '6.18': '6.18.29',
      '7.0': '7.0.6',
    },
    repair: '0cb2af2ea66a',
  },
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
