import { ON_EPT, onGuest, read, sparing, WP_OFF, X } from '../scenes/index.js';
import type { Defect } from './defect.js';

export const wpToggleFreesTdpRoots: Defect = {
  title: 'A toggle of CR0.WP frees the roots of TDP',
  source:
    '01b31714bd90 KVM: x86: Do not unload MMU roots when only toggling CR0.WP with TDP enabled',
  what: 'Each change of CR0.WP has KVM build its direct MMU anew, which does not depend on it.',
  lifetime: {
    first: '5.10',
    last: '6.3',
    lastOf: { '6.1': '6.1.28', '6.2': '6.2.15' },
    repair: '01b31714bd90',
  },
  where: 'kvm_post_set_cr0()',
  rules: { wpChange: 'reset' },
  judge: 'economy',
  scene: onGuest([read(X), sparing(['root-freed'], WP_OFF), read(X)], ON_EPT),
};
