import { gfnToGpa } from '../machine/index.js';
import { type FaultResult, unprotectGfn } from '../shadow/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import type { PhysicalRequest, PhysicalTranslation } from './translation.js';

/**
 * A table that lies in no memslot has KVM emulate the access whose walk it was.
 *
 * A page walk that writes to a table in a read-only memslot, as each does where the EPT tracks use, has
 * KVM emulate the access too, whose own walk leaves A and D of such a table alone.
 *
 * A page walk that must set a bit in a table which is write-protected: for L1 KVM gives up
 * shadowing the table, rather than carry out a walk. L2 walks by that very shadow.
 *
 * @see Linux `kvm_mmu_page_fault()`, arch/x86/kvm/mmu/mmu.c
 */
export function afterFix(
  vm: Vm,
  vcpu: Vcpu,
  done: { request: PhysicalRequest; result: FaultResult; gfn: number; offset: number },
  emit: Emit,
): PhysicalTranslation {
  const { request, result, gfn, offset } = done;
  const { isFinal } = request.access;
  switch (result) {
    case 'retry':
      return { kind: 'retry' };
    case 'error':
      return { kind: 'stopped', outcome: { kind: 'error', errno: 'EFAULT' } };
    case 'mmio':
      if (!isFinal) return { kind: 'no-table', gpa: request.gpa, gfn };
      return { kind: 'stopped', outcome: { kind: 'mmio', gpa: gfnToGpa(gfn) + offset } };
    case 'read-only':
      if (!isFinal) return { kind: 'emulate-walk' };
      return { kind: 'stopped', outcome: { kind: 'mmio', gpa: gfnToGpa(gfn) + offset } };
    case 'emulate':
      if (isFinal) return { kind: 'emulated', gfn };
      if (vcpu.mmu.name === 'guest') return { kind: 'emulate-walk' };
      unprotectGfn(vm, vcpu, gfn, emit);
      return { kind: 'retry' };
  }
}
