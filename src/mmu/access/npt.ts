import {
  isOfCacheableEntry,
  type NestedTables,
  tablesIn,
  walkNpt,
  wordFromNumber,
} from '../machine/index.js';
import { leaveL2OfSvm, SVM_EXIT_NPF } from '../nested/index.js';
import { invalidateFaulted } from '../roots/index.js';
import type { Outcome } from '../schema/index.js';
import type { GuestMapping } from '../shadow/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import type { PhysicalRequest } from './translation.js';

/**
 * The mapping of a guest-physical address of L2 by L1's nested page tables.
 *
 * @returns The end of the access, if L1 was told of a nested page fault.
 * @see Linux `nested_svm_inject_npf_exit()`, arch/x86/kvm/svm/nested.c
 */
export function mappingByNpt(
  vm: Vm,
  vcpu: Vcpu,
  { tables, request }: { tables: NestedTables; request: PhysicalRequest },
  emit: Emit,
): GuestMapping | { readonly outcome: Outcome } {
  const { gpa } = request;
  const walked = walkNpt(tablesIn(vm.memory), tables, request, vm.config.maxphyaddr);
  if (walked.kind === 'mapped') return walked;
  if (isOfCacheableEntry(walked.errorCode)) {
    invalidateFaulted(vm, vcpu, wordFromNumber(gpa), emit);
  }
  const exit = { reason: SVM_EXIT_NPF, qualification: wordFromNumber(walked.info1), gpa };
  return { outcome: leaveL2OfSvm(vm, vcpu, exit, emit) };
}
