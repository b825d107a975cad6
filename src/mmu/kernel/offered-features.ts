import type { KernelName } from './rules.js';
import { kernelRulesOf } from './versions.js';

/** As much of a VM's configuration as decides what its guest is offered. */
interface Offer<F> {
  readonly cpuid: F;
  readonly vendor: 'vmx' | 'svm';
  readonly kernel: KernelName;
}

/** What CPUID offers as KVM counts it: VMX only with vendor `vmx`, LAM only if KVM knows it. */
export function offeredFeatures<F extends { readonly vmx: boolean; readonly lam: boolean }>({
  cpuid,
  vendor,
  kernel,
}: Offer<F>): F {
  const { hasLam } = kernelRulesOf(kernel);
  return { ...cpuid, vmx: cpuid.vmx && vendor === 'vmx', lam: cpuid.lam && hasLam };
}
