import { kickToHost } from '../requests/index.js';
import { resetContext } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/**
 * The VMM sets CPUID, of every vCPU: the model has one CPUID for all. Where KVM takes it, the roots of
 * both MMUs go, because reserved bits of the guest's entries may be others; no TLB is flushed. What a
 * processor without a feature would have refused before, such as a bit of CR4, stays as it is.
 *
 * @see Linux `kvm_set_cpuid()`, arch/x86/kvm/cpuid.c; `kvm_mmu_after_set_cpuid()`, arch/x86/kvm/mmu/mmu.c
 */
export function setCpuid(
  vm: Vm,
  _vcpu: Vcpu,
  { cpuid, maxphyaddr }: CommandOf<'set-cpuid'>,
  emit: Emit,
): Outcome {
  const hasRun = vm.vcpus.some((vcpu) => vcpu.hasRun);
  if (vm.rules.cpuidAfterRun === 'same-only' && hasRun) {
    return isSame(vm, { cpuid, maxphyaddr }) ? OK : { kind: 'error', errno: 'EINVAL' };
  }
  vm.config = { ...vm.config, cpuid, maxphyaddr };
  for (const vcpu of vm.vcpus) {
    kickToHost(vcpu, emit);
    resetContext(vm, vcpu, emit);
  }
  return OK;
}

type Cpuid = Pick<Vm['config'], 'cpuid' | 'maxphyaddr'>;

/** @see Linux `kvm_cpuid_check_equal()`, arch/x86/kvm/cpuid.c */
function isSame({ config }: Vm, { cpuid, maxphyaddr }: Cpuid): boolean {
  const features = Object.keys(cpuid) as (keyof Cpuid['cpuid'])[];
  const areSame = features.every((feature) => cpuid[feature] === config.cpuid[feature]);
  return areSame && maxphyaddr === config.maxphyaddr;
}
