import { isVpidValid } from '../nested/check-execution-controls.js';
import { expecting, launch, onHypervisor, vmFail, vmwrite } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const vpid0Entered: Defect = {
  title: 'L2 runs under VPID 0',
  source: 'f0d736547815 KVM: nVMX: Check VPID value on vmentry of L2 guests',
  what: 'VM entry with "enable VPID" accepts VPID 0, which is the hypervisor\'s own.',
  lifetime: { first: '4.4', last: '4.19', repair: 'f0d736547815' },
  where: 'nested_vmx_check_controls()',
  seams: [around(isVpidValid, () => () => true)],
  judge: 'conformance',
  scene: onHypervisor([...[vmwrite('VIRTUAL_PROCESSOR_ID', 0), expecting(vmFail(7), launch)]]),
};
