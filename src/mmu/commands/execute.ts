import { accessMemory } from '../access/index.js';
import { ZERO } from '../machine/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';

/** The guest fetched an instruction: one byte of it, and linear-address masking does not apply. */
export function execute(
  vm: Vm,
  vcpu: Vcpu,
  { gva, user }: CommandOf<'execute'>,
  emit: Emit,
): Outcome {
  return accessMemory(
    vm,
    vcpu,
    { kind: 'execute', gva, bytes: 1, value: ZERO, user, ac: false },
    emit,
  );
}
