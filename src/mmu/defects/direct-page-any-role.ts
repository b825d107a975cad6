import {
  A,
  cr3,
  FRAME_A,
  hostWrite,
  LARGE,
  LARGE_PDE,
  onGuest,
  pte,
  read,
  store,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { isChildWanted } from '../shadow/page-fault.js';
import type { Defect } from './defect.js';

export const directPageAnyRole: Defect = {
  title: 'A direct page serves as a table',
  source: '81ccda30b4e8 KVM: x86/mmu: Fix shadow paging use-after-free due to unexpected role',
  what: 'A child is reused though it maps frames directly, where a table is to be shadowed.',
  lifetime: {
    first: '2.6.36',
    last: '7.1',
    lastOf: {
      '6.1': '6.1.176',
      '6.6': '6.6.143',
      '6.12': '6.12.94',
      '6.18': '6.18.37',
      '7.1': '7.1.2',
    },
    repair: '81ccda30b4e8',
  },
  where: 'kvm_mmu_get_child_sp()',
  seams: [
    around(
      isChildWanted,
      (sound) =>
        (vm, child, { gfn }) =>
          sound(vm, child, { gfn, role: child.role }),
    ),
  ],
  judge: 'oracle',
  scene: onGuest([
    ...[hostWrite(0x200000, pte(FRAME_A)), hostWrite(0x200008, pte(FRAME_A + 1))],
    ...[store(LARGE_PDE, 0x2000e7), read(LARGE + 0x8000), hostWrite(LARGE_PDE, 0x200067)],
    ...[cr3(A), read(LARGE, FRAME_A), read(LARGE + 0x1000, FRAME_A + 1)],
  ]),
};
