import { findRoot } from '../roots/index.js';
import {
  ENABLE_VPID,
  invvpid,
  launch,
  leave,
  MOVED,
  MUTANT,
  onHypervisor,
  READ_MOVED,
  read,
  resume,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { ROLE } from '../shadow/index.js';
import type { RootInfo } from '../state/index.js';
import type { Defect } from './defect.js';

export const roleWithoutGuestMode: Defect = {
  title: 'A lookup ignores a bit of the role',
  source: MUTANT,
  what: 'L1 is given a root of L2, or the other way round.',
  lifetime: null,
  where: 'is_root_usable()',
  seams: [
    around(findRoot, (sound) => (vm, mmu, pgd, role) => {
      const slots = mmu.slots.map((root) => withGuestMode(root, role & ROLE.GUEST_MODE));
      return sound(vm, { ...mmu, slots }, pgd, role);
    }),
  ],
  judge: 'oracle',
  scene: onHypervisor([launch, read(X), leave, MOVED, invvpid(1, 1), resume, READ_MOVED], {
    config: { paging: 'shadow' },
    controls: ENABLE_VPID,
  }),
};

function withGuestMode(root: RootInfo, mode: number): RootInfo {
  const { page } = root;
  if (page === null) return root;
  return { ...root, page: { ...page, role: (page.role & ~ROLE.GUEST_MODE) | mode } };
}
