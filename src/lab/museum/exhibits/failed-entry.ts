import {
  A,
  EPT_MOVED,
  EPTP,
  enter,
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
  vmwrite,
  X,
} from '../../../mmu/scenes/index.js';
import type { Unnamed } from '../exhibit.js';

/** The entry that raises the requests fails, so that L1's root is synced in place of L2's. */
const scene = onHypervisor([
  ...[launch, read(X, FRAME_A), leave, under(OTHER_EPTP), resume, read(X), leave],
  ...[EPT_MOVED, invept(1, EPTP), under(EPTP)],
  ...[vmwrite('GUEST_CR3', 2 ** 46), resume, vmwrite('GUEST_CR3', A), enter],
  ...[resume, READ_MOVED],
]);

/** Trap T1b, into which each of the proposals falls. */
export const FAILED_ENTRY = {
  title: 'A VM entry that fails takes the mark with it',
  what: 'guest_mmu is switched before the checks that fail, and the sync is spent on L1.',
  lifetime: null,
  where: 'prepare_vmcs02()',
  judge: 'oracle',
  scene,
} as const satisfies Partial<Unnamed>;
