import { ACC_ALL } from '../machine/index.js';
import {
  expecting,
  FRAME_A,
  hostWrite,
  OK,
  onGuest,
  PD,
  PDPT,
  PT,
  pf,
  READ_ONLY,
  read,
  write,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { type GuestMapping, ROLE } from '../shadow/index.js';
import { isChildWanted, wantedBelow } from '../shadow/page-fault.js';
import type { Defect } from './defect.js';

export const shadowPageSharedByRights: Defect = {
  title: 'A table below other rights shares a shadow page',
  source: 'b1bd5cba3306 KVM: X86: MMU: Use the correct inherited permissions to get shadow page',
  what: 'Every shadow page on a walk is keyed by the rights of its last table, not by its own.',
  lifetime: { first: '2.6.20', last: '5.12', repair: 'b1bd5cba3306' },
  where: 'FNAME(fetch)',
  seams: [
    around(wantedBelow, (sound) => (vm, page, index, mapping) => {
      const acc = accOfLastTable(mapping);
      const steps = mapping.steps.map((step) => ({ ...step, acc }));
      return sound(vm, page, index, { ...mapping, steps });
    }),
    around(isChildWanted, (sound) => (vm, child, { gfn, role }) => {
      const shared = (role & ~ROLE.ACC_ALL) | (child.role & ROLE.ACC_ALL);
      return sound(vm, child, { gfn, role: shared });
    }),
  ],
  judge: 'oracle',
  scene: onGuest([
    ...[hostWrite(PDPT + 8, PD + READ_ONLY), hostWrite(PD + 8, PT + READ_ONLY)],
    ...[read(0x200000, FRAME_A, true), expecting(OK, write(X, 0x6, true))],
    ...[read(0x40200000, undefined, true), expecting(pf(0x7), write(0x40400000, 0x7, true))],
  ]),
};

/** Rights down to the last table of a walk. */
function accOfLastTable({ steps, level }: GuestMapping): number {
  return steps.find((step) => step.level === level + 1)?.acc ?? ACC_ALL;
}
