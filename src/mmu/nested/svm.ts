import { EFER_LMA, type Word, ZERO } from '../machine/index.js';
import { KVM_REQ, leaveGuest, makeRequest } from '../requests/index.js';
import { initShadowNptMmu } from '../roots/index.js';
import type { Outcome } from '../schema/index.js';
import {
  type Emit,
  type NestedPaging,
  nestedTablesOf,
  type Vcpu,
  type Vm,
} from '../state/index.js';
import { OK } from '../vcpu/index.js';
import { nestedLoadCr3 } from './load-cr3.js';

/** Exit codes of SVM. @see Linux arch/x86/include/uapi/asm/svm.h */
export const SVM_EXIT_SHUTDOWN = 0x7f;
export const SVM_EXIT_VMRUN = 0x80;
export const SVM_EXIT_NPF = 0x400;
/** The VMCB is not valid: -1, as far as a reason holds it. */
export const SVM_EXIT_ERR = 2 ** 32 - 1;

/** The registers that VMRUN loads of L2. */
export interface SvmSave {
  readonly cr0: number;
  readonly cr3: Word;
  readonly cr4: number;
  readonly efer: number;
  readonly cpl: number;
}

/**
 * L1 runs L2 by VMRUN; an L2 without nested paging shares `root_mmu` with L1. On every transition KVM syncs and flushes whatever becomes current.
 *
 * @see Linux `enter_svm_guest_mode()`, `nested_svm_transition_tlb_flush()`, arch/x86/kvm/svm/nested.c
 */
export function enterL2OfSvm(
  vm: Vm,
  vcpu: Vcpu,
  { paging, save }: { paging: NestedPaging | null; save: SvmSave },
  emit: Emit,
): Outcome {
  const { regs, nested } = vcpu;
  nested.svm = { l1: { ...regs }, paging };
  nested.guestMode = true;
  const tables = nestedTablesOf(nested);
  syncAndFlush(vm, vcpu, emit);
  if (tables !== null) {
    vcpu.mmu = vcpu.guestMmu;
    initShadowNptMmu(vm, vcpu, tables, emit);
  }
  Object.assign(regs, save, { csL: (save.efer & EFER_LMA) !== 0, vm86: false });
  if (tables !== null) return OK;
  const cr3 = { cr3: save.cr3, nestedEpt: false, pdptesFrom: 'memory' } as const;
  if (nestedLoadCr3(vm, vcpu, cr3, emit) === null) return OK;
  return leaveL2OfSvm(vm, vcpu, { reason: SVM_EXIT_ERR, qualification: ZERO }, emit);
}

/**
 * L2 leaves to L1: a #VMEXIT, whose code, EXITINFO1 and EXITINFO2 L1 finds in its VMCB.
 *
 * @see Linux `nested_svm_vmexit()`, arch/x86/kvm/svm/nested.c
 */
export function leaveL2OfSvm(
  vm: Vm,
  vcpu: Vcpu,
  exit: { reason: number; qualification: Word; gpa?: number },
  emit: Emit,
): Outcome {
  const { nested, regs } = vcpu;
  if (nested.svm === null) throw new Error('L2 of an SVM hypervisor runs');
  const { l1 } = nested.svm;
  const { reason, qualification } = exit;
  if (vcpu.mode === 'guest') leaveGuest(vcpu, { reason, name: 'OTHER', qualification }, emit);
  emit?.(vcpu, { kind: 'vm-exit', from: 'L2', to: 'L1', reason, name: 'OTHER', qualification });
  Object.assign(regs, l1);
  nested.svm = null;
  nested.guestMode = false;
  vcpu.mmu = vcpu.rootMmu;
  syncAndFlush(vm, vcpu, emit);
  nestedLoadCr3(vm, vcpu, { cr3: l1.cr3, nestedEpt: false, pdptesFrom: 'memory' }, emit);
  return { kind: 'vm-exit', ...exit };
}

/** A triple fault of L2 is an exit to L1. @see Linux `nested_svm_triple_fault()` */
export function shutDownL2OfSvm(vm: Vm, vcpu: Vcpu, emit: Emit): Outcome {
  return leaveL2OfSvm(vm, vcpu, { reason: SVM_EXIT_SHUTDOWN, qualification: ZERO }, emit);
}

function syncAndFlush(vm: Vm, vcpu: Vcpu, emit: Emit): void {
  makeRequest(vm, vcpu, KVM_REQ.MMU_SYNC, emit);
  makeRequest(vm, vcpu, KVM_REQ.TLB_FLUSH_CURRENT, emit);
}
