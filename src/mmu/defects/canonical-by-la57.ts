import { isDescribedCanonical } from '../commands/descriptor.js';
import { isCanonical, isLa57 } from '../machine/index.js';
import { expecting, invpcid, invvpid, OK, onHypervisor } from '../scenes/index.js';
import { around } from '../seam.js';
import type { Defect } from './defect.js';

/** Canonical with 57-bit addresses alone. */
const WIDE = '0xffaaaaaaaaaaaaaa';

export const canonicalByLa57: Defect = {
  title: 'Operands are canonical by CR4.LA57',
  source: '9245fd6b8531 KVM: x86: model canonical checks more precisely',
  what: 'INVPCID and INVVPID refuse an address that only 57-bit addressing makes canonical.',
  lifetime: { first: '4.13', last: '6.12', lastOf: { '6.12': '6.12.40' }, repair: '9245fd6b8531' },
  where: 'is_noncanonical_invlpg_address()',
  seams: [
    around(
      isDescribedCanonical,
      () =>
        (_vm, { regs }, gva) =>
          isCanonical(gva, isLa57(regs) ? 57 : 48),
    ),
  ],
  judge: 'conformance',
  scene: onHypervisor([expecting(OK, invpcid(0, 0, WIDE)), expecting(OK, invvpid(0, 1, WIDE))], {
    config: { cpuid: { la57: true } },
  }),
};
