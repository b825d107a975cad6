import { CPU_BASED_TPR_SHADOW, VMCS } from '../machine/index.js';
import { fieldOf, hasCpuControl, type Vm, type Vmcs12 } from '../state/index.js';

/**
 * Whether VM entry has found a VMCS good, and no field has changed since: the checks would find the
 * same again.
 */
export function isFoundGood({ config }: Vm, { foundGoodBy }: Vmcs12): boolean {
  return foundGoodBy === config;
}

/** Keeps in mind that a VMCS passed all checks, unless some of them looked at memory. */
export function keepFoundGood({ config }: Vm, vmcs12: Vmcs12): void {
  const { page, low } = fieldOf(vmcs12, VMCS.VMCS_LINK_POINTER);
  const hasLink = page !== 2 ** 52 - 1 || low !== 0xfff;
  if (!hasLink && !hasCpuControl(vmcs12, CPU_BASED_TPR_SHADOW)) vmcs12.foundGoodBy = config;
}
