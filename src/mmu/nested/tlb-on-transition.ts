import { KVM_REQ, makeRequest } from '../requests/index.js';
import { seam } from '../seam.js';
import { type Emit, type Vcpu, type Vm, type Vmcs12, vpidOf } from '../state/index.js';
import { flushVpid, vpid02Of } from '../tlb/index.js';

/**
 * Flushes cached translations on a VM entry or exit of L1's L2: without VPID everything of L2's tag
 * must go; with a VPID other than the last one, L2 must not see that one's entries, since every
 * vpid12 is mapped onto one hardware VPID. Guest-physical mappings are never touched.
 *
 * @see Linux `nested_vmx_transition_tlb_flush()`, arch/x86/kvm/vmx/nested.c
 */
export const transitionTlbFlush = seam(function transitionTlbFlush(
  vm: Vm,
  vcpu: Vcpu,
  { vmcs12, isEntry }: { vmcs12: Vmcs12; isEntry: boolean },
  emit: Emit,
): void {
  // The queue of Hyper-V's flushes is another one for L1 and for L2.
  const { config, rules } = vm;
  if (config.cpuid.hyperv && rules.hasHvTlbFlush && config.paging === 'ept') {
    makeRequest(vm, vcpu, KVM_REQ.HV_TLB_FLUSH, emit);
  }
  const vpid = vpidOf(vmcs12);
  if (vpid === null) {
    makeRequest(vm, vcpu, KVM_REQ[rules.transitionWithoutVpid], emit);
    return;
  }
  if (!isEntry || vpid === vcpu.nested.lastVpid) return;
  vcpu.nested.lastVpid = vpid;
  if (rules.newVpid12 === 'flush-vpid02') flushVpid(vm, vcpu, vpid02Of(vcpu), emit);
  else makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_GUEST, emit);
});
