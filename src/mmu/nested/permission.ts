import { type ExitReasonName, isLongMode, isProtected, type Registers } from '../machine/index.js';
import type { Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { exitToHost, fault } from '../vcpu/index.js';
import { reflectExit } from './vmexit.js';

/**
 * The first checks of every VMX instruction: #UD where VMX instructions do not exist, an
 * unconditional exit to L1 if L2 executes one, #GP above CPL 0. Otherwise it exits to KVM.
 *
 * @param isOffered Whether the capability that the instruction belongs to is there.
 * @returns Null if the instruction may go on, in KVM's hands.
 * @see Intel SDM Vol. 3C, "Relative Priority of Faults and VM Exits"
 * @see Linux `nested_vmx_check_permission()`, arch/x86/kvm/vmx/nested.c
 */
export const vmxPermission = seam(function vmxPermission(
  vm: Vm,
  vcpu: Vcpu,
  { reason, isOffered = true }: { reason: ExitReasonName; isOffered?: boolean },
  emit: Emit,
): Outcome | null {
  const { regs, nested } = vcpu;
  if (vm.config.vendor !== 'vmx' || !vm.config.cpuid.vmx || !isOffered) return fault('#UD');
  if (nested.vmxon === -1 || !hasVmxInstructions(regs)) return fault('#UD');
  if (regs.cpl > 0) return fault('#GP');
  if (nested.guestMode) return reflectExit(vm, vcpu, { reason }, emit);
  exitToHost(vcpu, { reason }, emit);
  return null;
});

/** Modes in which VMX instructions are #UD: real, virtual-8086 and compatibility mode. */
export function hasVmxInstructions(regs: Registers): boolean {
  return isProtected(regs) && !regs.vm86 && !(isLongMode(regs) && !regs.csL);
}
