import {
  bitsOf,
  CPU_BASED_INVLPG_EXITING,
  INVPCID_TYPE_ALL_INCL_GLOBAL,
  INVPCID_TYPE_ALL_NON_GLOBAL,
  INVPCID_TYPE_INDIV_ADDR,
  INVPCID_TYPE_SINGLE_CTXT,
  type InvpcidType,
  isPcide,
  SECONDARY_EXEC_ENABLE_INVPCID,
  type Word,
} from '../machine/index.js';
import { reflectExit } from '../nested/index.js';
import { KVM_REQ, makeRequest, type Request } from '../requests/index.js';
import { guestFlushUnloads, invalidatePcid, invalidatePcidAddress } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import {
  type Emit,
  hasCpuControl,
  hasSecondaryControl,
  type Vcpu,
  type Vm,
} from '../state/index.js';
import { cpuFlush } from '../tlb/index.js';
import { exitToHost, fault, OK, raise } from '../vcpu/index.js';
import { isDescribedCanonical, readDescriptor } from './descriptor.js';
import { interceptsPaging, vmcs12InUse } from './intercepts.js';

/**
 * The guest executed INVPCID.
 *
 * @see Intel SDM Vol. 2A, "INVPCID—Invalidate Process-Context Identifier"
 * @see Linux `kvm_handle_invpcid()`, arch/x86/kvm/x86.c
 */
export function invpcid(vm: Vm, vcpu: Vcpu, command: CommandOf<'invpcid'>, emit: Emit): Outcome {
  const early = checkBeforeExit(vm, vcpu, command, emit);
  if (early !== null) return early;
  const intercepted = interceptsInvpcid(vm);
  if (intercepted) exitToHost(vcpu, { reason: 'INVPCID' }, emit);

  const type = typeOf(command.type);
  const isTypeFirst = vm.rules.invpcidTypeFirst || vm.config.vendor === 'svm';
  if (isTypeFirst && type === null) return raise(vcpu, fault('#GP'), emit);
  const unreadable = readDescriptor(vm, vcpu, command, emit);
  if (unreadable !== null) return unreadable;
  if (type === null || !isDescriptorValid(vm, vcpu, command, type)) {
    return raise(vcpu, fault('#GP'), emit);
  }
  invalidateByType(vm, vcpu, { type, command, intercepted }, emit);
  return OK;
}

/** Whether KVM sees INVPCID. @see Linux `SECONDARY_EXEC_ENABLE_INVPCID`, arch/x86/kvm/vmx/vmx.c */
export const interceptsInvpcid = seam(function interceptsInvpcid(vm: Vm): boolean {
  return interceptsPaging(vm);
});

/** The checks of the processor before it leaves to KVM, or to L1. */
function checkBeforeExit(
  vm: Vm,
  vcpu: Vcpu,
  { encoding }: CommandOf<'invpcid'>,
  emit: Emit,
): Outcome | null {
  const { regs } = vcpu;
  const vmcs12 = vmcs12InUse(vcpu);
  if (encoding !== 'memory' || !vm.config.cpuid.invpcid) return fault('#UD');
  if (vmcs12 !== null && !hasSecondaryControl(vmcs12, SECONDARY_EXEC_ENABLE_INVPCID)) {
    return fault('#UD');
  }
  if (regs.vm86 || regs.cpl > 0) return fault('#GP');
  if (vmcs12 !== null && hasCpuControl(vmcs12, CPU_BASED_INVLPG_EXITING)) {
    return reflectExit(vm, vcpu, { reason: 'INVPCID' }, emit);
  }
  return null;
}

/** The type as a number, or null if it is none. All 64 bits of the register count. */
function typeOf({ page, low }: Word): InvpcidType | null {
  return page === 0 && low <= INVPCID_TYPE_ALL_NON_GLOBAL ? (low as InvpcidType) : null;
}

function isDescriptorValid(
  vm: Vm,
  vcpu: Vcpu,
  { pcid, gva }: CommandOf<'invpcid'>,
  type: InvpcidType,
): boolean {
  if (bitsOf(pcid, { high: 63, low: 12 }) !== 0) return false;
  const namesPcid = type === INVPCID_TYPE_INDIV_ADDR || type === INVPCID_TYPE_SINGLE_CTXT;
  if (namesPcid && !isPcide(vcpu.regs) && pcid.low !== 0) return false;
  return type !== INVPCID_TYPE_INDIV_ADDR || isDescribedCanonical(vm, vcpu, gva);
}

/** Invalidates: through KVM where the instruction was intercepted, otherwise by the processor. */
export const invalidateByType = seam(function invalidateByType(
  vm: Vm,
  vcpu: Vcpu,
  what: { type: InvpcidType; command: CommandOf<'invpcid'>; intercepted: boolean },
  emit: Emit,
): void {
  const { type, command, intercepted } = what;
  const { gva } = command;
  const pcid = command.pcid.low;
  switch (type) {
    case INVPCID_TYPE_INDIV_ADDR:
      if (intercepted) {
        vcpu.counters.invlpg += 1;
        invalidatePcidAddress(vm, vcpu, { pcid, address: gva }, emit);
      } else cpuFlush(vm, vcpu, { scope: 'address', pcid, address: gva, globals: false }, emit);
      break;
    case INVPCID_TYPE_SINGLE_CTXT:
      if (intercepted) invalidatePcid(vm, vcpu, { pcid, by: 'invpcid-single' }, emit);
      else cpuFlush(vm, vcpu, { scope: 'pcid', pcid, globals: false }, emit);
      break;
    case INVPCID_TYPE_ALL_INCL_GLOBAL:
    case INVPCID_TYPE_ALL_NON_GLOBAL: {
      const globals = type === INVPCID_TYPE_ALL_INCL_GLOBAL;
      // KVM does not track which translations are global.
      if (intercepted) makeRequest(vm, vcpu, requestForAll(vm, vcpu), emit);
      else cpuFlush(vm, vcpu, { scope: 'context', globals }, emit);
    }
  }
});

/**
 * To v5.13 the MMU was unloaded. A policy that keeps roots over a guest-wide flush replaces that by
 * the flush, as the RFC of May 2021 did in the very place.
 */
function requestForAll(vm: Vm, vcpu: Vcpu): Request {
  const replaced = vm.rules.invpcidAll === 'MMU_RELOAD' && !guestFlushUnloads(vm, vcpu);
  return replaced ? KVM_REQ.TLB_FLUSH_GUEST : KVM_REQ[vm.rules.invpcidAll];
}
