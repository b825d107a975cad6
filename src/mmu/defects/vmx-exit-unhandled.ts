import { vmxPermission } from '../nested/index.js';
import { EPTP, expecting, invept, invvpid, onGuest } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

const UD = { kind: 'fault', vector: '#UD' } as const;

export const vmxExitUnhandled: Defect = {
  title: 'INVEPT without VMX ends the VM',
  source: 'CVE-2014-3645, CVE-2014-3646: exits of INVEPT and INVVPID without nested VMX',
  what: 'INVEPT and INVVPID of a guest without VMX are exits that nobody handles.',
  lifetime: { first: '2.6.26', last: '3.17', repair: 'a642fc305053' },
  where: 'kvm_vmx_exit_handlers[]',
  seams: [
    around(vmxPermission, (sound) => (vm, vcpu, instruction, emit) => {
      const { reason } = instruction;
      const isUnknown = (reason === 'INVEPT' || reason === 'INVVPID') && !vm.config.cpuid.vmx;
      return isUnknown ? { kind: 'shutdown' } : sound(vm, vcpu, instruction, emit);
    }),
  ],
  judge: 'conformance',
  scene: onGuest([expecting(UD, invept(1, EPTP)), expecting(UD, invvpid(1, 1))], {
    config: { cpuid: { vmx: false } },
  }),
};
