import { switchEptp } from '../commands/vmfunc.js';
import { initShadowEptMmu, newPgd } from '../roots/index.js';
import {
  EPT_ALL,
  EPT_LEAF,
  EPT_VPID_VMFUNC,
  EPTP_AD,
  FRAME_A,
  launch,
  leave,
  onHypervisor,
  pte,
  read,
  seen,
  store,
  VMFUNC,
  vmfuncTo,
  write,
  X,
} from '../scenes/index.js';
import { around, withAlso } from '../seam.js';
import type { Defect } from './defect.js';

export const vmfuncKeepsAd: Defect = {
  title: 'VMFUNC keeps the A/D rule of the EPTP it leaves',
  source: "272b0a998d08 KVM: nVMX: Don't clobber nested MMU's A/D status on EPTP switch",
  what: 'An EPTP switch leaves A/D-enable in the role of the shadow as it was.',
  lifetime: { first: '4.14', last: '5.13', repair: '272b0a998d08' },
  where: 'nested_vmx_eptp_switching()',
  seams: [
    around(switchEptp, (sound) => (vm, vcpu, to, emit) => {
      const keepsRole = around(initShadowEptMmu, () => (vm, vcpu, eptp, emit) => {
        newPgd(vm, vcpu, eptp, emit);
      });
      sound(withAlso(vm, keepsRole), vcpu, to, emit);
    }),
  ],
  judge: 'conformance',
  scene: onHypervisor(
    [
      ...[...vmfuncTo(EPTP_AD), store(EPT_LEAF, pte(FRAME_A, 0x37)), launch, write(X)],
      ...[VMFUNC, write(X, 0x6), leave, read(seen(EPT_LEAF), pte(FRAME_A, EPT_ALL))],
    ],
    { controls: EPT_VPID_VMFUNC },
  ),
};
