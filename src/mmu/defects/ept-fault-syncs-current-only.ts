import {
  EPT_LEAF,
  EPT_READ_ONLY,
  EPTP,
  EPTP_AD,
  expecting,
  FRAME_A,
  launch,
  leave,
  onHypervisor,
  pte,
  READ_MOVED,
  read,
  resume,
  SPARE,
  store,
  under,
  write,
  X,
} from '../scenes/index.js';
import type { Defect } from './defect.js';

export const eptFaultSyncsCurrentOnly: Defect = {
  title: 'An EPT fault forgets in one root alone',
  source: '85aa8889b82e kvm: vmx: Sync all matching EPTPs when injecting nested EPT fault',
  what: 'An EPT violation that L1 is told of is not invalidated in other roots of its EP4TA.',
  lifetime: { first: '4.19', last: '5.14', repair: '85aa8889b82e' },
  where: 'nested_ept_inject_page_fault()',
  rules: { eptFaultReachesCachedRoots: false },
  judge: 'oracle',
  scene: onHypervisor([
    ...[under(EPTP_AD), launch, read(X, FRAME_A), leave],
    ...[store(EPT_LEAF, pte(SPARE, EPT_READ_ONLY)), under(EPTP), resume],
    expecting({ kind: 'vm-exit', reason: 48 }, write(X)),
    ...[under(EPTP_AD), resume, READ_MOVED],
  ]),
};
