import {
  CPU_BASED_CR3_LOAD_EXITING,
  CPU_BASED_USE_MSR_BITMAPS,
  flagsIn,
  isSameWord,
  VMCS,
  type Word,
  wordFromNumber,
  X86_CR0_TS,
  X86_CR0_WP,
  X86_CR4_FSGSBASE,
  X86_CR4_PGE,
} from '../machine/index.js';
import {
  fieldOf,
  flagsOf,
  hasCpuControl,
  type Vcpu,
  type Vm,
  type Vmcs12,
} from '../state/index.js';

/** CR4's bits PVI, TSD, DE, PCE, OSFXSR and OSXMMEXCPT. */
const CR4_HARMLESS = 0x2 | 0x4 | 0x8 | 0x100 | 0x200 | 0x400;

/** Bits of CR4 that the guest may own. @see Linux `KVM_POSSIBLE_CR4_GUEST_BITS` */
const KVM_POSSIBLE_CR4_GUEST_BITS = CR4_HARMLESS | X86_CR4_PGE | X86_CR4_FSGSBASE;

/** The vmcs12 of the L2 that runs; null while L1 runs. */
export function vmcs12InUse({ nested }: Vcpu): Vmcs12 | null {
  return nested.guestMode ? nested.currentVmcs : null;
}

/**
 * Whether KVM sees the guest load a control register or invalidate a translation: only where it
 * shadows the guest's page tables. With EPT the processor does it alone.
 */
export function interceptsPaging({ config }: Vm): boolean {
  return config.paging === 'shadow';
}

/**
 * Whether KVM sees a MOV to CR0: a bit changes that the guest does not own.
 *
 * @see Linux `KVM_POSSIBLE_CR0_GUEST_BITS`; WP is among them with TDP
 */
export function interceptsCr0(vm: Vm, vcpu: Vcpu, changed: number): boolean {
  const wp = vm.config.paging === 'ept' && vm.rules.wpChange !== 'reset' ? X86_CR0_WP : 0;
  return (changed & ~withoutL1Mask(vcpu, X86_CR0_TS | wp, VMCS.CR0_GUEST_HOST_MASK)) !== 0;
}

/** Whether KVM sees a MOV to CR4. @see Linux `set_cr4_guest_host_mask()` */
export function interceptsCr4(vm: Vm, vcpu: Vcpu, changed: number): boolean {
  if (vm.config.vendor === 'svm') return true;
  const owned =
    vm.config.paging === 'ept'
      ? KVM_POSSIBLE_CR4_GUEST_BITS
      : KVM_POSSIBLE_CR4_GUEST_BITS & ~X86_CR4_PGE;
  return (changed & ~withoutL1Mask(vcpu, owned, VMCS.CR4_GUEST_HOST_MASK)) !== 0;
}

/**
 * Whether L1 asked to see L2 change CR0 or CR4: a bit that L1 masks differs from its read shadow.
 *
 * @see Linux `nested_vmx_exit_handled_cr()`, arch/x86/kvm/vmx/nested.c
 */
export function l1WantsCr(vcpu: Vcpu, cr: 0 | 4, value: Word): boolean {
  const vmcs12 = vmcs12InUse(vcpu);
  if (vmcs12 === null) return false;
  const maskOf = cr === 0 ? VMCS.CR0_GUEST_HOST_MASK : VMCS.CR4_GUEST_HOST_MASK;
  const shadowOf = cr === 0 ? VMCS.CR0_READ_SHADOW : VMCS.CR4_READ_SHADOW;
  const changed = flagsIn(value) ^ flagsOf(vmcs12, shadowOf);
  return (changed & flagsOf(vmcs12, maskOf)) !== 0;
}

/** Whether L1 asked to see L2 load CR3, unless the value is one of its CR3 targets. */
export function l1WantsCr3Load(vcpu: Vcpu, value: Word): boolean {
  const vmcs12 = vmcs12InUse(vcpu);
  if (vmcs12 === null || !hasCpuControl(vmcs12, CPU_BASED_CR3_LOAD_EXITING)) return false;
  const count = flagsOf(vmcs12, VMCS.CR3_TARGET_COUNT);
  for (let i = 0; i < count; i += 1) {
    if (isSameWord(fieldOf(vmcs12, VMCS.CR3_TARGET_VALUE0 + 2 * i), value)) return false;
  }
  return true;
}

/**
 * Whether L1 asked to see L2 write an MSR: without MSR bitmaps it sees every write; a bitmap is taken
 * to be all zeros.
 *
 * @see Linux `nested_vmx_exit_handled_msr()`, arch/x86/kvm/vmx/nested.c
 */
export function l1WantsWrmsr(vcpu: Vcpu): boolean {
  const vmcs12 = vmcs12InUse(vcpu);
  return vmcs12 !== null && !hasCpuControl(vmcs12, CPU_BASED_USE_MSR_BITMAPS);
}

/** Exit qualification of a control-register access. @see Intel SDM Vol. 3C, table for MOV CR */
export function crQualification(access: { cr: 0 | 3 | 4; from?: boolean; gpr: number }): Word {
  return wordFromNumber(access.cr | (access.from ? 0x10 : 0) | (access.gpr << 8));
}

function withoutL1Mask(vcpu: Vcpu, owned: number, maskField: number): number {
  const vmcs12 = vmcs12InUse(vcpu);
  return vmcs12 === null ? owned : owned & ~flagsOf(vmcs12, maskField);
}
