import type { KernelName } from './releases.js';
import { kernelRulesOf } from './versions.js';

/** The part of a VM's configuration that decides what its guest is offered. */
interface Offer<F> {
  readonly cpuid: F;
  readonly vendor: 'vmx' | 'svm';
  readonly paging: 'shadow' | 'ept';
  readonly kernel: KernelName;
}

interface Features {
  readonly vmx: boolean;
  readonly lam: boolean;
  readonly pku: boolean;
  readonly pks: boolean;
}

/**
 * The features of CPUID as KVM counts them: VMX or SVM by the vendor, LAM if KVM knows it, and
 * protection keys where it does not shadow the guest's tables. No release of Linux offers PKS: with
 * `pks` the guest has what the processor has.
 *
 * @see Linux `kvm_set_cpu_caps()`, arch/x86/kvm/cpuid.c
 */
export function offeredFeatures<F extends Features>({
  cpuid,
  vendor,
  paging,
  kernel,
}: Offer<F>): F & { readonly svm: boolean } {
  const { hasLam } = kernelRulesOf(kernel);
  const hasKeys = paging === 'ept';
  return {
    ...cpuid,
    vmx: cpuid.vmx && vendor === 'vmx',
    lam: cpuid.lam && hasLam,
    pku: cpuid.pku && hasKeys,
    pks: cpuid.pks && hasKeys,
    svm: vendor === 'svm',
  };
}
