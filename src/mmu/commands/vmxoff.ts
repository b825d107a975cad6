import { releaseVmcs12, VM_SUCCEED, vmxPermission } from '../nested/index.js';
import type { Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { takePendingInit } from '../vcpu/index.js';

/**
 * L1 executed VMXOFF. Architecturally nothing cached goes; KVM gives up what it keeps for L2. An
 * INIT that waited takes place.
 *
 * @see Linux `handle_vmxoff()`, `free_nested()`, arch/x86/kvm/vmx/nested.c
 */
export function vmxoff(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome {
  const stopped = vmxPermission(vm, vcpu, { reason: 'VMOFF' }, emit);
  if (stopped !== null) return stopped;
  releaseVmcs12(vm, vcpu, emit);
  vcpu.nested.vmxon = -1;
  vcpu.nested.lastVpid = 0;
  takePendingInit(vm, vcpu, emit);
  return VM_SUCCEED;
}
