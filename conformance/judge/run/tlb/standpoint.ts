import type { Registers } from '../../../../src/mmu/machine/index.js';
import { vtlbOf, type WatchedVm } from '../../../../src/mmu/oracle/index.js';
import type { GuestContext, Vcpu, Vmcs12 } from '../../../../src/mmu/state/index.js';

/** A guest's registers, tags and EPT at some moment. */
export interface Standpoint {
  readonly regs: Registers;
  readonly context: GuestContext;
  readonly vmcs12: Vmcs12 | null;
}

/** A copy: what becomes of the vCPU afterwards does not change it. */
export function standpointOf(vm: WatchedVm, vcpu: Vcpu): Standpoint {
  const { currentVmcs } = vcpu.nested;
  return {
    regs: { ...vcpu.regs },
    context: { ...vtlbOf(vm, vcpu).context },
    vmcs12: currentVmcs === null ? null : { ...currentVmcs, fields: new Map(currentVmcs.fields) },
  };
}

/**
 * A vCPU as it would be if it stood where a guest stood before, without the way there, which may
 * drop what is asked about. For questions alone: no command may run on it.
 */
export function seenFrom(
  vm: WatchedVm,
  vcpu: Vcpu,
  { regs, context, vmcs12 }: Standpoint,
): { vm: WatchedVm; vcpu: Vcpu } {
  const vcpus = [...vm.oracle.vcpus];
  vcpus[vcpu.index] = { ...vtlbOf(vm, vcpu), context };
  return {
    vm: { ...vm, oracle: { ...vm.oracle, vcpus } },
    vcpu: { ...vcpu, regs, nested: { ...vcpu.nested, currentVmcs: vmcs12 } },
  };
}
