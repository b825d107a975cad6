import { switchEptp } from '../commands/vmfunc.js';
import { VMCS } from '../machine/index.js';
import {
  EPT_VPID_VMFUNC,
  FRAME_A,
  launch,
  MUTANT,
  OTHER,
  OTHER_EPTP,
  onHypervisor,
  read,
  VMFUNC,
  vmfuncTo,
  X,
} from '../scenes/index.js';
import { around } from '../seam.js';
import { setField } from '../state/index.js';
import type { Defect } from './defect.js';

export const vmfuncKeepsRoot: Defect = {
  title: 'VMFUNC switches no root',
  source: MUTANT,
  what: 'L2 goes on under the EPT that it left.',
  lifetime: null,
  where: 'nested_vmx_eptp_switching()',
  seams: [
    around(switchEptp, () => (_vm, _vcpu, { vmcs12, eptp }) => {
      setField(vmcs12, VMCS.EPT_POINTER, eptp);
    }),
  ],
  judge: 'oracle',
  scene: onHypervisor([...vmfuncTo(OTHER_EPTP), launch, read(X, FRAME_A), VMFUNC, read(X, OTHER)], {
    controls: EPT_VPID_VMFUNC,
  }),
};
