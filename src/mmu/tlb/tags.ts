import { isPcide, pcidOf } from '../machine/index.js';
import { seam } from '../seam.js';
import { currentRoot, type TlbTag, type Vcpu, type Vm, vpidOf } from '../state/index.js';

/**
 * The hardware VPID under which a vCPU runs L1. KVM gives every vCPU one for L1 and one for L2,
 * whatever vpid12 says.
 *
 * @see Linux `allocate_vpid()`, arch/x86/kvm/vmx/vmx.c
 */
export function vpid01Of({ index }: Pick<Vcpu, 'index'>): number {
  return 2 * index + 1;
}

/** The hardware VPID under which a vCPU runs L2. */
export function vpid02Of({ index }: Vcpu): number {
  return 2 * index + 2;
}

/** @see Linux `vmx_get_current_vpid()`, arch/x86/kvm/vmx/vmx.c */
export function currentVpidOf({ rules }: Vm, vcpu: Vcpu): number {
  const { nested } = vcpu;
  if (!nested.guestMode) return vpid01Of(vcpu);
  if (rules.l2Vpid !== 'vpid02-if-vpid12' || nested.currentVmcs === null) return vpid02Of(vcpu);
  return vpidOf(nested.currentVmcs) === null ? vpid01Of(vcpu) : vpid02Of(vcpu);
}

/** The tag of a translation of a linear address that is made now. */
export const tagInUse = seam(function tagInUse(vm: Vm, vcpu: Vcpu): TlbTag {
  const vpid = currentVpidOf(vm, vcpu);
  const pcid = pcidOf(vcpu.regs.cr3, isPcide(vcpu.regs));
  if (vm.config.paging === 'shadow') return { kind: 'linear', vpid, pcid, root: 0 };
  return { kind: 'combined', vpid, pcid, root: currentRoot(vcpu.mmu)?.hpa ?? 0 };
});

/** The tag of a translation that the EPT in use makes alone. */
export function physicalTagInUse({ mmu }: Vcpu): TlbTag {
  return { kind: 'guest-physical', vpid: -1, pcid: -1, root: currentRoot(mmu)?.hpa ?? 0 };
}
