import { invept as handleInvept } from '../commands/invept.js';
import { invalidateEpt } from '../roots/index.js';
import { editedEpt, invept, MUTANT, onHypervisor } from '../scenes/index.js';
import { around, withAlso } from '../seam.js';
import type { Defect } from './defect.js';

export const inveptAllAsSingle: Defect = {
  title: 'Global INVEPT is taken for a single one',
  source: MUTANT,
  what: 'INVEPT type 2 covers the EP4TA of its operand alone.',
  lifetime: null,
  where: 'handle_invept()',
  seams: [
    around(handleInvept, (sound) => (vm, vcpu, command, emit) => {
      const single = around(invalidateEpt, (invalidate) => (vm, vcpu, _eptp, emit) => {
        invalidate(vm, vcpu, command.eptp, emit);
      });
      return sound(withAlso(vm, single), vcpu, command, emit);
    }),
  ],
  judge: 'oracle',
  scene: onHypervisor(editedEpt(invept(2, 0))),
};
