import {
  EFER_LMA,
  EFER_LME,
  eferAllowed,
  flagsIn,
  isCanonical,
  isFlagWord,
  isLegalCr3,
  isLongMode,
  VM_ENTRY_IA32E_MODE,
  VM_EXIT_HOST_ADDR_SPACE_SIZE,
  VM_EXIT_LOAD_IA32_EFER,
  VMCS,
  X86_CR4_PAE,
  X86_CR4_PCIDE,
} from '../machine/index.js';
import {
  fieldOf,
  hasEntryControl,
  hasExitControl,
  hasLam,
  type Vcpu,
  type Vm,
  type Vmcs12,
} from '../state/index.js';
import { isCr0Fixed, isCr4Fixed } from './fixed-bits.js';

/**
 * Whether VM entry accepts the host-state fields; if not it is VMfail 8.
 *
 * @see Intel SDM Vol. 3C, "Checks on Host Control Registers, MSRs, and SSP"
 * @see Linux `nested_vmx_check_host_state()`, arch/x86/kvm/vmx/nested.c
 */
export function isHostStateValid(vm: Vm, vcpu: Vcpu, vmcs12: Vmcs12): boolean {
  const { maxphyaddr } = vm.config;
  const cr0 = fieldOf(vmcs12, VMCS.HOST_CR0);
  const cr4 = fieldOf(vmcs12, VMCS.HOST_CR4);
  const is64Bit = hasExitControl(vmcs12, VM_EXIT_HOST_ADDR_SPACE_SIZE);
  return (
    is64Bit === isLongMode(vcpu.regs) &&
    isFlagWord(cr0) &&
    isCr0Fixed(flagsIn(cr0), { excused: false }) &&
    isFlagWord(cr4) &&
    isCr4Fixed(vm, flagsIn(cr4)) &&
    isLegalCr3(fieldOf(vmcs12, VMCS.HOST_CR3), { maxphyaddr, lam: hasLam(vm) }) &&
    isAddressSpaceValid(vm, vmcs12, { is64Bit, cr4: flagsIn(cr4) }) &&
    isHostEferValid(vm, vmcs12, is64Bit)
  );
}

function isAddressSpaceValid(
  { config }: Vm,
  vmcs12: Vmcs12,
  { is64Bit, cr4 }: { is64Bit: boolean; cr4: number },
): boolean {
  const rip = fieldOf(vmcs12, VMCS.HOST_RIP);
  if (is64Bit) {
    return (cr4 & X86_CR4_PAE) !== 0 && isCanonical(rip, config.cpuid.la57 ? 57 : 48);
  }
  return (
    !hasEntryControl(vmcs12, VM_ENTRY_IA32E_MODE) && (cr4 & X86_CR4_PCIDE) === 0 && isFlagWord(rip)
  );
}

/** LMA and LME of an EFER that is loaded must agree with the size of the host's address space. */
function isHostEferValid({ config }: Vm, vmcs12: Vmcs12, is64Bit: boolean): boolean {
  if (!hasExitControl(vmcs12, VM_EXIT_LOAD_IA32_EFER)) return true;
  const efer = fieldOf(vmcs12, VMCS.HOST_IA32_EFER);
  const flags = flagsIn(efer);
  return (
    isFlagWord(efer) &&
    (flags & ~eferAllowed(config.cpuid.nx)) === 0 &&
    ((flags & EFER_LMA) !== 0) === is64Bit &&
    ((flags & EFER_LME) !== 0) === is64Bit
  );
}
