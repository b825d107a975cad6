import type { KernelName } from './rules.js';
import { kernelRulesOf } from './versions.js';

/** The part of a VM's configuration that decides what its guest is offered. */
interface Offer<F> {
  readonly cpuid: F;
  readonly vendor: 'vmx' | 'svm';
  readonly kernel: KernelName;
}

/** The features of CPUID as KVM counts them: VMX or SVM by the vendor, LAM if KVM knows it. */
export function offeredFeatures<F extends { readonly vmx: boolean; readonly lam: boolean }>({
  cpuid,
  vendor,
  kernel,
}: Offer<F>): F & { readonly svm: boolean } {
  const { hasLam } = kernelRulesOf(kernel);
  return {
    ...cpuid,
    vmx: cpuid.vmx && vendor === 'vmx',
    lam: cpuid.lam && hasLam,
    svm: vendor === 'svm',
  };
}
