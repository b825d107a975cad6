import { kernelRulesOf, offeredFeatures } from '../kernel/index.js';
import {
  type ControlCapabilities,
  type ControlCapability,
  controlCapabilityOf,
  hasVmcsField,
  perConfig,
  SECONDARY_EXEC_ENABLE_EPT,
  SECONDARY_EXEC_ENABLE_INVPCID,
  SECONDARY_EXEC_ENABLE_PML,
  SECONDARY_EXEC_ENABLE_VMFUNC,
  SECONDARY_EXEC_ENABLE_VPID,
  SECONDARY_EXEC_MODE_BASED_EPT_EXEC,
  SECONDARY_EXEC_UNRESTRICTED_GUEST,
  VM_ENTRY_LOAD_CET_STATE,
  VM_ENTRY_LOAD_IA32_PKRS,
  VM_EXIT_LOAD_CET_STATE,
  VM_EXIT_LOAD_IA32_PKRS,
  VMCS,
  vmcsFieldNameOf,
} from '../machine/index.js';
import type { VmConfig } from '../schema/index.js';

/** Controls that KVM offers L1 only where the host itself has EPT. */
const WITH_EPT =
  SECONDARY_EXEC_ENABLE_EPT |
  SECONDARY_EXEC_UNRESTRICTED_GUEST |
  SECONDARY_EXEC_ENABLE_VMFUNC |
  SECONDARY_EXEC_ENABLE_PML |
  SECONDARY_EXEC_MODE_BASED_EPT_EXEC;

/**
 * The bits that L1 may set in each control word: the capability MSRs, less those that KVM takes
 * back where the host has no EPT, CPUID does not offer the feature, or KVM does not know it.
 *
 * @see Linux `nested_vmx_setup_ctls_msrs()`, `vmx_adjust_secondary_exec_control()`
 */
export const controlCapabilitiesOf = perConfig((config: VmConfig): ControlCapabilities => {
  const { vmx } = config;
  const { cet, pks } = offeredFeatures(config);
  const onEntry = (cet ? 0 : VM_ENTRY_LOAD_CET_STATE) | (pks ? 0 : VM_ENTRY_LOAD_IA32_PKRS);
  const onExit = (cet ? 0 : VM_EXIT_LOAD_CET_STATE) | (pks ? 0 : VM_EXIT_LOAD_IA32_PKRS);
  return {
    pin: controlCapabilityOf(vmx.pinbasedCtls),
    primary: controlCapabilityOf(vmx.procbasedCtls),
    secondary: without(controlCapabilityOf(vmx.procbasedCtls2), notOffered(config)),
    exit: without(controlCapabilityOf(vmx.exitCtls), onExit),
    entry: without(controlCapabilityOf(vmx.entryCtls), onEntry),
  };
});

/**
 * Whether L1 is offered EPT for its L2: the host must have it itself, and VMX must say so.
 *
 * @see Linux `nested_vmx_setup_ctls_msrs()`: without `enable_ept` nested EPT is not offered.
 */
export function isEptOffered({ paging, vmx }: VmConfig): boolean {
  return paging === 'ept' && vmx.ept;
}

/**
 * Whether the VMCS has a component. CR3-target values exist up to the count that IA32_VMX_MISC
 * gives.
 *
 * @param field The component's encoding; that of the upper half of a 64-bit one as well.
 */
export function isVmcsField(config: VmConfig, field: number): boolean {
  const name = vmcsFieldNameOf(field);
  if (name === undefined) return false;
  const { CR3_TARGET_VALUE0, CR3_TARGET_VALUE3 } = VMCS;
  if (field >= CR3_TARGET_VALUE0 && field <= CR3_TARGET_VALUE3) {
    return (field - CR3_TARGET_VALUE0) / 2 < config.vmx.cr3TargetCountMax;
  }
  return hasVmcsField(name, controlCapabilitiesOf(config));
}

function notOffered(config: VmConfig): number {
  const { vmx, cpuid, kernel } = config;
  return (
    (isEptOffered(config) ? 0 : WITH_EPT) |
    (kernelRulesOf(kernel).hasModeBasedExec ? 0 : SECONDARY_EXEC_MODE_BASED_EPT_EXEC) |
    (vmx.vpid ? 0 : SECONDARY_EXEC_ENABLE_VPID) |
    (vmx.unrestrictedGuest ? 0 : SECONDARY_EXEC_UNRESTRICTED_GUEST) |
    (cpuid.invpcid ? 0 : SECONDARY_EXEC_ENABLE_INVPCID)
  );
}

function without({ mustBeSet, maySet }: ControlCapability, controls: number): ControlCapability {
  return { mustBeSet, maySet: (maySet & ~controls) >>> 0 };
}
