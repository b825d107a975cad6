import { accessMemory } from '../access/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';

/** The guest executed a store: of the value's low bytes, if it stores fewer than eight. */
export function write(
  vm: Vm,
  vcpu: Vcpu,
  { gva, value, bytes, user, ac }: CommandOf<'write'>,
  emit: Emit,
): Outcome {
  return accessMemory(vm, vcpu, { kind: 'write', gva, bytes, value, user, ac }, emit);
}
