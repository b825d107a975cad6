import { kickToHost } from '../requests/index.js';
import type { Outcome } from '../schema/index.js';
import { zapAllFast } from '../shadow/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/**
 * A memslot was deleted or moved: every vCPU is kicked out of the guest, and drops its obsolete
 * roots before it enters again.
 *
 * @see Linux `kvm_mmu_zap_all_fast()`, arch/x86/kvm/mmu/mmu.c
 */
export function zapAll(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome {
  for (const other of vm.vcpus) kickToHost(other, emit);
  zapAllFast(vm, vcpu, emit);
  return OK;
}
