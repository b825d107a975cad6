import { type EptLimits, SECONDARY_EXEC_MODE_BASED_EPT_EXEC } from '../machine/index.js';
import type { Vcpu } from './vcpu.js';
import type { Vm } from './vm.js';
import { hasSecondaryControl } from './vmcs12.js';

/** The rules by which the processor reads an EPT of L1 for the L2 of the current VMCS. */
export function eptLimitsIn({ config }: Pick<Vm, 'config'>, vcpu: Vcpu): EptLimits {
  const { vmx, maxphyaddr } = config;
  return { cap: vmx.eptVpidCap, maxphyaddr, isModeBased: isModeBased(vcpu) };
}

/**
 * Whether the current VMCS has mode-based execute control for EPT: an entry then tells fetches from
 * user-mode addresses apart.
 *
 * @see Intel SDM Vol. 3C, "Secondary Processor-Based VM-Execution Controls"
 */
export function isModeBased({ nested: { currentVmcs } }: Vcpu): boolean {
  return (
    currentVmcs !== null && hasSecondaryControl(currentVmcs, SECONDARY_EXEC_MODE_BASED_EPT_EXEC)
  );
}
