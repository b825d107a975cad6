import { VMXERR, wordToNumber, X86_CR4_VMXE } from '../machine/index.js';
import {
  hasVmxInstructions,
  isCr0Fixed,
  isCr4Fixed,
  reflectExit,
  VM_SUCCEED,
  vmFail,
  vmFailInvalid,
} from '../nested/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { exitToHost, fault, raise } from '../vcpu/index.js';
import { hasRegionRevision, isRegionAddress } from './vmcs-address.js';

/**
 * L1 executed VMXON. Nothing cached is invalidated by it.
 *
 * @see Intel SDM Vol. 3C, "VMXON—Enter VMX Operation"
 * @see Linux `handle_vmxon()`, arch/x86/kvm/vmx/nested.c
 */
export function vmxon(
  vm: Vm,
  vcpu: Vcpu,
  { address, revision }: CommandOf<'vmxon'>,
  emit: Emit,
): Outcome {
  const { regs, nested } = vcpu;
  const isEnabled = vm.config.vendor === 'vmx' && (regs.cr4 & X86_CR4_VMXE) !== 0;
  if (!isEnabled || !hasVmxInstructions(regs)) return fault('#UD');
  if (regs.cpl > 0) return fault('#GP');
  if (nested.guestMode) return reflectExit(vm, vcpu, { reason: 'VMON' }, emit);

  exitToHost(vcpu, { reason: 'VMON' }, emit);
  if (nested.vmxon !== -1) return vmFail(vcpu, VMXERR.VMXON_IN_VMX_ROOT_OPERATION, emit);
  if (!isCr0Fixed(regs.cr0, { excused: false }) || !isCr4Fixed(vm, regs.cr4)) {
    return raise(vcpu, fault('#GP'), emit);
  }
  if (!isRegionAddress(vm, address) || !hasRegionRevision(vm, address, revision)) {
    return vmFailInvalid(vcpu, emit);
  }
  nested.vmxon = wordToNumber(address);
  nested.hasRunL2 = false;
  return VM_SUCCEED;
}
