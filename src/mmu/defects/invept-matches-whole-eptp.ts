import { isSameWord } from '../machine/index.js';
import { eptRootMatches } from '../roots/invalidate.js';
import {
  EPT_LEAF,
  EPTP,
  EPTP_AD,
  expecting,
  FRAME_A,
  invept,
  launch,
  leave,
  onHypervisor,
  read,
  resume,
  store,
  under,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const inveptMatchesWholeEptp: Defect = {
  title: 'INVEPT compares all bits of the EPTP',
  source: 'ce8fe7b77bd8 KVM: nVMX: Free only the affected contexts when emulating INVEPT',
  what: 'Single-context INVEPT spares a root whose EPTP differs in its attributes alone.',
  lifetime: null,
  where: 'nested_ept_root_matches()',
  seams: [around(eptRootMatches, () => (_vm, pgd, eptp) => isSameWord(pgd, eptp))],
  judge: 'oracle',
  scene: onHypervisor([
    ...[launch, read(X, FRAME_A), leave, under(EPTP_AD), resume, read(X, FRAME_A), leave],
    ...[store(EPT_LEAF, 0), invept(1, EPTP), resume],
    expecting({ kind: 'vm-exit', reason: 48 }, read(X)),
  ]),
};
