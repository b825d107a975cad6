import { accessMemory } from '../access/index.js';
import { ZERO } from '../machine/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';

/** The guest executed a load. Its value is in the outcome, zero-extended. */
export function read(
  vm: Vm,
  vcpu: Vcpu,
  { gva, bytes, user, ac }: CommandOf<'read'>,
  emit: Emit,
): Outcome {
  return accessMemory(vm, vcpu, { kind: 'read', gva, bytes, value: ZERO, user, ac }, emit);
}
