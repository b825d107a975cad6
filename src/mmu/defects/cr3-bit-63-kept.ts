import { loadedCr3 } from '../commands/mov-cr3.js';
import { A, expecting, nf, OK, onGuest, PCIDE } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

export const cr3Bit63Kept: Defect = {
  title: 'Bit 63 of MOV CR3 is taken for an address',
  source: '9d88fca71a99 KVM: x86: MOV to CR3 can set bit 63',
  what: 'The no-flush bit is not taken off before the value is checked.',
  lifetime: { first: '3.6', last: '3.18', repair: '9d88fca71a99' },
  where: 'kvm_set_cr3()',
  seams: [around(loadedCr3, () => (_vm, value) => value)],
  judge: 'conformance',
  scene: onGuest([
    ...[PCIDE, expecting(OK, nf(A + 5))],
    {
      command: { kind: 'mov-from-cr3', vcpu: 0 },
      answer: { kind: 'ok', value: '0x100005' },
    },
  ]),
};
