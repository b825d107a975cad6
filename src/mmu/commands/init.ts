import { isPaging, X86_CR0_CD, X86_CR0_NW, ZERO } from '../machine/index.js';
import { reflectExit } from '../nested/index.js';
import { KVM_REQ, kickToHost, makeRequest } from '../requests/index.js';
import { resetContext } from '../roots/index.js';
import type { Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { OK } from '../vcpu/index.js';

/** CR0.ET is hard-wired. */
const X86_CR0_ET = 0x10;

/**
 * INIT reaches the vCPU, which is in real mode from then on, as after a reset; caching is as it was.
 * While L2 runs it is an exit to L1.
 *
 * @see Intel SDM Vol. 3A, "Processor State After Reset"
 * @see Linux `kvm_vcpu_reset()`, arch/x86/kvm/x86.c
 */
export function init(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome {
  if (vcpu.nested.guestMode) return reflectExit(vm, vcpu, { reason: 'INIT_SIGNAL' }, emit);
  kickToHost(vcpu, emit);
  const { regs } = vcpu;
  const wasPaging = isPaging(regs);
  regs.cr0 = X86_CR0_ET | (regs.cr0 & (X86_CR0_CD | X86_CR0_NW));
  regs.cr3 = ZERO;
  regs.cr4 = 0;
  regs.efer = 0;
  regs.cpl = 0;
  regs.csL = false;
  regs.vm86 = false;
  if (wasPaging) resetContext(vm, vcpu, emit);
  if (vm.rules.initFlushesGuest) makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_GUEST, emit);
  return OK;
}
