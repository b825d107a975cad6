import { offeredFeatures } from '../kernel/index.js';
import {
  CR0_DEFINED,
  cr4Allowed,
  perConfig,
  SECONDARY_EXEC_UNRESTRICTED_GUEST,
  X86_CR0_PE,
  X86_CR0_PG,
  X86_CR0_WP,
  X86_CR4_CET,
  X86_CR4_VMXE,
} from '../machine/index.js';
import type { VmConfig } from '../schema/index.js';
import { hasSecondaryControl, type Vcpu, type Vm, type Vmcs12 } from '../state/index.js';

const X86_CR0_NE = 0x20;

/** IA32_VMX_CR0_FIXED0: what CR0 must hold in VMX operation. */
const CR0_FIXED0 = X86_CR0_PE | X86_CR0_NE | X86_CR0_PG;

/**
 * Whether a CR0 is allowed in VMX operation.
 *
 * @param excused With "unrestricted guest", L2 may run without protection and without paging.
 * @see Intel SDM Vol. 3D, "VMX-Fixed Bits in CR0"
 */
export function isCr0Fixed(cr0: number, { excused }: { excused: boolean }): boolean {
  const fixed0 = excused ? X86_CR0_NE : CR0_FIXED0;
  return (cr0 & fixed0) >>> 0 === fixed0 >>> 0 && (cr0 & ~CR0_DEFINED) === 0;
}

/** @see Intel SDM Vol. 3D, "VMX-Fixed Bits in CR4" */
export function isCr4Fixed(vm: Vm, cr4: number): boolean {
  return (cr4 & X86_CR4_VMXE) !== 0 && (cr4 & ~cr4Offered(vm.config)) === 0;
}

/** The bits of CR4 that the guest of a configuration may set. */
export const cr4Offered = perConfig((config: VmConfig) => cr4Allowed(offeredFeatures(config)));

/**
 * Whether supervisor shadow stacks would be protected: CR4.CET needs CR0.WP.
 *
 * @see Intel SDM Vol. 3A, "Control Registers", CR4.CET
 */
export function isCetWriteProtected({ cr0, cr4 }: { cr0: number; cr4: number }): boolean {
  return (cr4 & X86_CR4_CET) === 0 || (cr0 & X86_CR0_WP) !== 0;
}

/** Whether L2 runs under "unrestricted guest". */
export function isUnrestricted(vmcs12: Vmcs12): boolean {
  return hasSecondaryControl(vmcs12, SECONDARY_EXEC_UNRESTRICTED_GUEST);
}

/**
 * Whether the guest may load a CR0 as far as VMX operation goes.
 *
 * @see Linux `vmx_is_valid_cr0()`, arch/x86/kvm/vmx/vmx.c
 */
export function isValidCr0InVmx({ nested }: Vcpu, cr0: number): boolean {
  if (nested.vmxon === -1) return true;
  const excused =
    nested.guestMode && nested.currentVmcs !== null && isUnrestricted(nested.currentVmcs);
  return isCr0Fixed(cr0, { excused });
}
