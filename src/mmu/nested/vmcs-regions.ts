import {
  CPU_BASED_ACTIVATE_SECONDARY_CONTROLS,
  is64BitMode,
  VM_ENTRY_IA32E_MODE,
  VM_EXIT_HOST_ADDR_SPACE_SIZE,
  VMCS,
  type Word,
  wordFromNumber,
  ZERO,
} from '../machine/index.js';
import { freeRoots, ROOTS_ALL } from '../roots/index.js';
import type { Emit, Vcpu, Vm, Vmcs12 } from '../state/index.js';

/**
 * The VMCS region at an address. A region that is touched for the first time begins with the state
 * of the vCPU that touches it, for host and guest alike, so that a VM entry with it succeeds and a
 * harness writes only what is to differ.
 */
export function vmcs12At(vm: Vm, vcpu: Vcpu, gpa: number): Vmcs12 {
  let vmcs12 = vm.vmcs12s.get(gpa);
  if (vmcs12 === undefined) {
    vmcs12 = { gpa, launched: false, fields: initialFieldsOf(vcpu) };
    vm.vmcs12s.set(gpa, vmcs12);
  }
  return vmcs12;
}

/**
 * The current VMCS is given up, and with it everything that `guest_mmu` holds.
 *
 * @see Linux `nested_release_vmcs12()`, arch/x86/kvm/vmx/nested.c
 */
export function releaseVmcs12(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  if (vcpu.nested.currentVmcs === null) return;
  vcpu.nested.currentVmcs = null;
  freeRoots(vm, vcpu, vcpu.guestMmu, { roots: ROOTS_ALL, cause: 'vmcs12-released' }, emit);
}

function initialFieldsOf({ regs }: Vcpu): Map<number, Word> {
  const is64Bit = is64BitMode(regs);
  const cr0 = wordFromNumber(regs.cr0);
  const cr4 = wordFromNumber(regs.cr4);
  const efer = wordFromNumber(regs.efer);
  return new Map<number, Word>([
    [VMCS.CPU_BASED_VM_EXEC_CONTROL, wordFromNumber(CPU_BASED_ACTIVATE_SECONDARY_CONTROLS)],
    [VMCS.VM_EXIT_CONTROLS, is64Bit ? wordFromNumber(VM_EXIT_HOST_ADDR_SPACE_SIZE) : ZERO],
    [VMCS.VM_ENTRY_CONTROLS, is64Bit ? wordFromNumber(VM_ENTRY_IA32E_MODE) : ZERO],
    [VMCS.GUEST_CR0, cr0],
    [VMCS.GUEST_CR3, regs.cr3],
    [VMCS.GUEST_CR4, cr4],
    [VMCS.GUEST_IA32_EFER, efer],
    [VMCS.HOST_CR0, cr0],
    [VMCS.HOST_CR3, regs.cr3],
    [VMCS.HOST_CR4, cr4],
    [VMCS.HOST_IA32_EFER, efer],
  ]);
}
