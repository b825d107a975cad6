import { isPcide, pcidOf } from '../machine/index.js';
import { seam } from '../seam.js';
import { currentRoot, type TlbTag, type Vcpu, type Vm, vpidOf } from '../state/index.js';

/**
 * The hardware VPID under which a vCPU runs L1. KVM gives every vCPU one for L1 and one for every
 * vpid12 of L2.
 *
 * @see Linux `allocate_vpid()`, arch/x86/kvm/vmx/vmx.c
 */
export function vpid01Of({ index }: Pick<Vcpu, 'index'>): number {
  return 2 * index + 1;
}

/** The hardware VPID under which a vCPU runs an L2 that has a VPID. */
export function vpid02Of({ index }: Vcpu): number {
  return 2 * index + 2;
}

/**
 * The hardware VPID that a flush names.
 *
 * @see Linux `vmx_get_current_vpid()`, arch/x86/kvm/vmx/vmx.c
 */
export function currentVpidOf({ rules }: Vm, vcpu: Vcpu): number {
  const isOfL2 = vcpu.nested.guestMode && rules.l2Vpid !== 'vpid02-if-vpid12';
  return isOfL2 ? vpid02Of(vcpu) : vpidInUse(vcpu);
}

/**
 * The hardware VPID under which the guest runs: an L2 to which L1 gives no VPID has that of L1.
 *
 * @see Linux `prepare_vmcs02_early_rare()`, arch/x86/kvm/vmx/nested.c
 */
export function vpidInUse(vcpu: Vcpu): number {
  const { guestMode, currentVmcs } = vcpu.nested;
  const hasOwn = guestMode && (currentVmcs === null || vpidOf(currentVmcs) !== null);
  return hasOwn ? vpid02Of(vcpu) : vpid01Of(vcpu);
}

/** The tag of a translation of a linear address that is made now. */
export const tagInUse = seam(function tagInUse(vm: Vm, vcpu: Vcpu): TlbTag {
  const vpid = vpidInUse(vcpu);
  const pcid = pcidOf(vcpu.regs.cr3, isPcide(vcpu.regs));
  if (vm.config.paging === 'shadow') return { kind: 'linear', vpid, pcid, root: 0 };
  return { kind: 'combined', vpid, pcid, root: currentRoot(vcpu.mmu)?.hpa ?? 0 };
});

/** The tag of a translation that the EPT in use makes alone. */
export function physicalTagInUse({ mmu }: Vcpu): TlbTag {
  return { kind: 'guest-physical', vpid: -1, pcid: -1, root: currentRoot(mmu)?.hpa ?? 0 };
}
