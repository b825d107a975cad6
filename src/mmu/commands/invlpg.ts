import {
  CPU_BASED_INVLPG_EXITING,
  isCanonical,
  isLa57,
  isLongMode,
  isPcide,
  pcidOf,
} from '../machine/index.js';
import { reflectExit } from '../nested/index.js';
import { invalidateLinearAddress } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import { type Emit, hasCpuControl, type Vcpu, type Vm } from '../state/index.js';
import { cpuFlush } from '../tlb/index.js';
import { exitToHost, fault, OK } from '../vcpu/index.js';
import { interceptsPaging, vmcs12InUse } from './intercepts.js';

/**
 * The guest executed INVLPG. An address that is not canonical makes it a NOP, and a tag is not
 * masked, so a tagged address is such an address. No page walk can fault.
 *
 * @see Intel SDM Vol. 2A, "INVLPG—Invalidate TLB Entries"
 * @see Linux `kvm_mmu_invlpg()`, arch/x86/kvm/mmu/mmu.c
 */
export function invlpg(
  vm: Vm,
  vcpu: Vcpu,
  { gva, encoding }: CommandOf<'invlpg'>,
  emit: Emit,
): Outcome {
  const { regs } = vcpu;
  if (encoding !== 'memory') return fault('#UD');
  if (regs.vm86 || regs.cpl > 0) return fault('#GP');
  const exit = { reason: 'INVLPG', qualification: gva } as const;
  const vmcs12 = vmcs12InUse(vcpu);
  if (vmcs12 !== null && hasCpuControl(vmcs12, CPU_BASED_INVLPG_EXITING)) {
    return reflectExit(vm, vcpu, exit, emit);
  }
  const isNop = isLongMode(regs) && !isCanonical(gva, isLa57(regs) ? 57 : 48);
  if (!interceptsInvlpg(vm)) {
    const pcid = pcidOf(regs.cr3, isPcide(regs));
    if (!isNop) cpuFlush(vm, vcpu, { scope: 'address', pcid, address: gva, globals: true }, emit);
    return OK;
  }
  exitToHost(vcpu, exit, emit);
  vcpu.counters.invlpg += 1;
  invalidateLinearAddress(vm, vcpu, gva, emit);
  return OK;
}

/** Whether KVM sees INVLPG. @see Linux `CPU_BASED_INVLPG_EXITING`, arch/x86/kvm/vmx/vmx.c */
export const interceptsInvlpg = seam(function interceptsInvlpg(vm: Vm): boolean {
  return interceptsPaging(vm);
});
