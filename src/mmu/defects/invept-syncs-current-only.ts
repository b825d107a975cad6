import {
  EPT_MOVED,
  EPTP,
  FRAME_A,
  invept,
  launch,
  leave,
  OTHER_EPTP,
  onHypervisor,
  READ_MOVED,
  read,
  resume,
  under,
  X,
} from '../scenes/index.js';
import { CURRENT } from '../schema/index.js';
import type { Defect } from './defect.js';
import { sparing } from './sparing.js';

export const inveptSyncsCurrentOnly: Defect = {
  title: 'INVEPT spares cached roots',
  source: 'f8aa7e3958bc KVM: nVMX: Invalidate all EPTP contexts when emulating INVEPT for L1',
  what: 'INVEPT reaches the current root of guest_mmu and none of prev_roots.',
  lifetime: { first: '4.20', last: '5.7', repair: 'f8aa7e3958bc' },
  where: 'handle_invept()',
  seams: [sparing(({ by }, slot) => by.startsWith('invept') && slot !== CURRENT)],
  judge: 'oracle',
  scene: onHypervisor([
    ...[launch, read(X, FRAME_A), leave, under(OTHER_EPTP), resume, read(X), leave],
    ...[EPT_MOVED, invept(2, 0), under(EPTP), resume, READ_MOVED],
  ]),
};
