import { gpaToGfn, isVisibleGfn, writeWord } from '../machine/index.js';
import { keepPast } from '../oracle/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/**
 * The VMM writes guest memory through its own mapping, or a device does. KVM does not see it: what
 * it shadows falls behind, even where it counts on seeing every write.
 */
export function hostWrite(vm: Vm, { gpa, value }: CommandOf<'host-write'>): Outcome {
  if (gpa % 8 !== 0 || !isVisibleGfn(vm.memory, gpaToGfn(gpa))) {
    return { kind: 'error', errno: 'EINVAL' };
  }
  keepPast(vm, { gpa, bytes: 8 });
  writeWord(vm.memory, gpa, value);
  return OK;
}
