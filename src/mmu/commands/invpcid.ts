import {
  bitsOf,
  CPU_BASED_INVLPG_EXITING,
  isCanonical,
  isPcide,
  pcidOf,
  SECONDARY_EXEC_ENABLE_INVPCID,
  type Word,
} from '../machine/index.js';
import { reflectExit } from '../nested/index.js';
import { makeRequest } from '../requests/index.js';
import { invalidatePcid } from '../roots/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import {
  type Emit,
  hasCpuControl,
  hasSecondaryControl,
  type Vcpu,
  type Vm,
} from '../state/index.js';
import { cpuFlush, flushTlbGva } from '../tlb/index.js';
import { exitToHost, fault, OK, raise } from '../vcpu/index.js';
import { readDescriptor } from './descriptor.js';
import { interceptsPaging, vmcs12InUse } from './intercepts.js';

const INVPCID_TYPE_INDIV_ADDR = 0;
const INVPCID_TYPE_SINGLE_CTXT = 1;
const INVPCID_TYPE_ALL_NON_GLOBAL = 3;

/**
 * The guest executed INVPCID.
 *
 * @see Intel SDM Vol. 2A, "INVPCID—Invalidate Process-Context Identifier"
 * @see Linux `kvm_handle_invpcid()`, arch/x86/kvm/x86.c
 */
export function invpcid(vm: Vm, vcpu: Vcpu, command: CommandOf<'invpcid'>, emit: Emit): Outcome {
  const early = checkBeforeExit(vm, vcpu, command, emit);
  if (early !== null) return early;
  const intercepted = interceptsPaging(vm);
  if (intercepted) exitToHost(vcpu, { reason: 'INVPCID' }, emit);

  const type = typeOf(command.type);
  const isTypeFirst = vm.rules.invpcidTypeFirst || vm.config.vendor === 'svm';
  if (isTypeFirst && type === null) return raise(vcpu, fault('#GP'), emit);
  const unreadable = readDescriptor(vm, vcpu, command, emit);
  if (unreadable !== null) return unreadable;
  if (type === null || !isDescriptorValid(vm, vcpu, command, type)) {
    return raise(vcpu, fault('#GP'), emit);
  }
  if (intercepted) invalidate(vm, vcpu, { type, command }, emit);
  else invalidateByCpu(vm, vcpu, { type, command }, emit);
  return OK;
}

/** What the processor checks before it leaves to KVM, or to L1. */
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
function typeOf({ page, low }: Word): number | null {
  return page === 0 && low <= INVPCID_TYPE_ALL_NON_GLOBAL ? low : null;
}

function isDescriptorValid(
  { config }: Vm,
  { regs }: Vcpu,
  { pcid, gva }: CommandOf<'invpcid'>,
  type: number,
): boolean {
  if (bitsOf(pcid, { high: 63, low: 12 }) !== 0) return false;
  const namesPcid = type === INVPCID_TYPE_INDIV_ADDR || type === INVPCID_TYPE_SINGLE_CTXT;
  if (namesPcid && !isPcide(regs) && pcid.low !== 0) return false;
  return type !== INVPCID_TYPE_INDIV_ADDR || isCanonical(gva, config.cpuid.la57 ? 57 : 48);
}

/** KVM carries out what it intercepted. */
function invalidate(
  vm: Vm,
  vcpu: Vcpu,
  { type, command }: { type: number; command: CommandOf<'invpcid'> },
  emit: Emit,
): void {
  const pcid = command.pcid.low;
  if (type === INVPCID_TYPE_SINGLE_CTXT) {
    invalidatePcid(vm, vcpu, { pcid, by: 'invpcid-single' }, emit);
  } else if (type === INVPCID_TYPE_INDIV_ADDR) {
    vcpu.counters.invlpg += 1;
    if (isPcidInUse(vcpu, pcid)) flushTlbGva(vm, vcpu, command.gva, emit);
  } else {
    makeRequest(vcpu, vm.rules.invpcidAll, emit);
  }
}

/** @see Linux `kvm_mmu_invpcid_gva()`: the hardware flush is for roots that carry the PCID. */
function isPcidInUse({ regs, mmu }: Vcpu, pcid: number): boolean {
  const pcide = isPcide(regs);
  if (pcidOf(regs.cr3, pcide) === pcid) return true;
  return mmu.prevRoots.some((root) => root !== null && pcidOf(root.pgd, pcide) === pcid);
}

function invalidateByCpu(
  vm: Vm,
  vcpu: Vcpu,
  { type, command }: { type: number; command: CommandOf<'invpcid'> },
  emit: Emit,
): void {
  const pcid = command.pcid.low;
  if (type === INVPCID_TYPE_INDIV_ADDR) {
    cpuFlush(vm, vcpu, { scope: 'address', pcid, address: command.gva }, emit);
  } else if (type === INVPCID_TYPE_SINGLE_CTXT) {
    cpuFlush(vm, vcpu, { scope: 'pcid', pcid }, emit);
  } else {
    cpuFlush(vm, vcpu, { scope: 'context' }, emit);
  }
}
