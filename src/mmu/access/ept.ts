import {
  ACC_ALL,
  ACC_EXEC,
  ACC_USER,
  ACC_USER_EXEC,
  ACC_WRITE,
  EPT_VIOLATION_GVA_IS_VALID,
  EPT_VIOLATION_GVA_TRANSLATED,
  EPT_VIOLATION_PROT_MASK,
  type EptLimits,
  gmetAccOf,
  gpaToGfn,
  hasAccessedDirty,
  type LinearAccess,
  markPageDirty,
  offsetInPage,
  PFERR_FETCH_MASK,
  PFERR_GUEST_FINAL_MASK,
  PFERR_GUEST_PAGE_MASK,
  PFERR_PRESENT_MASK,
  PFERR_USER_MASK,
  PFERR_WRITE_MASK,
  type PhysicalAccess,
  type Word,
  walkEpt,
  wordFromNumber,
} from '../machine/index.js';
import { logModifiedPage, reflectExit } from '../nested/index.js';
import { noteWalked } from '../oracle/index.js';
import { invalidateEptAddress, invalidateFaulted } from '../roots/index.js';
import type { Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import {
  accOfSpte,
  fixFault,
  type GuestMapping,
  isDirtySpte,
  isUsableSpte,
  levelOf,
  logsWrites,
  type Spte,
  targetOf,
} from '../shadow/index.js';
import {
  type Emit,
  eptLimitsIn,
  eptpOf,
  hasGmet,
  isModeBased,
  nestedTablesOf,
  SPTES_PER_PAGE,
  type Vcpu,
  type Vm,
  type Vmcs12,
} from '../state/index.js';
import { dropPhysical, fillTlb, lookupTlb, physicalTagInUse } from '../tlb/index.js';
import { type Exit, exitToHost } from '../vcpu/index.js';
import { afterFix } from './after-fix.js';
import { mappingByNpt } from './npt.js';
import { markLeafUsed, walkShadow } from './shadow-walk.js';
import type { PhysicalRequest, PhysicalTranslation } from './translation.js';

/**
 * The processor translates a guest-physical address through the EPT that KVM gave it: the direct
 * one for L1, or the shadow of L1's EPT for L2.
 *
 * @see Intel SDM Vol. 3C, "EPT Translation Mechanism"
 */
export function translatePhysical(
  vm: Vm,
  vcpu: Vcpu,
  request: PhysicalRequest,
  emit: Emit,
): PhysicalTranslation {
  const { gpa, access } = request;
  const address = wordFromNumber(gpa);
  const needed = rightsFor(vcpu, access);
  const tag = physicalTagInUse(vcpu);
  const cached = vcpu.tlb === null ? undefined : lookupTlb(vcpu.tlb, tag, address.page);
  if (cached !== undefined && (cached.acc & needed) === needed) {
    return { kind: 'mapped', gfn: cached.gfn, acc: cached.acc };
  }
  const demanded = needed | alwaysNeeded(vcpu);
  const leaf = isInReach(vcpu, address) ? walkShadow(vm, vcpu, address) : null;
  const acc = leaf !== null && isUsableSpte(leaf.spte) ? accIn(vcpu, leaf.spte) : 0;
  if (leaf !== null && (acc & demanded) === demanded) {
    const isWrite = (needed & ACC_WRITE) !== 0;
    const isDirty = isDirtySpte(leaf.spte);
    markLeafUsed(leaf, isWrite);
    const gfn = targetOf(leaf.spte);
    const isLogged = !isDirty && logsWrites(vm, leaf.page);
    if (isLogged && isWrite) markPageDirty(vm.memory, gfn);
    // The first write through a clean leaf sets D, and is logged: it must walk again.
    const cacheable = isLogged && !isWrite ? acc & ~ACC_WRITE : acc;
    if (vcpu.tlb !== null) fillTlb(vcpu.tlb, tag, address.page, { gfn, acc: cacheable, order: 0 });
    return { kind: 'mapped', gfn, acc: cacheable };
  }
  dropPhysical(vcpu, address);
  return handleEptViolation(vm, vcpu, { request, address, needed, acc }, emit);
}

/** An EPT of four levels translates addresses of 48 bits, and no others; a PAE root those of 32. */
function isInReach({ mmu }: Vcpu, { page }: Word): boolean {
  if (mmu.paeRoots.length > 0) return page < PAGES_OF_PAE_ROOT;
  return page < SPTES_PER_PAGE ** levelOf(mmu.role);
}

/** A PAE root leads to four gigabytes. */
const PAGES_OF_PAE_ROOT = 2 ** 20;

/** The rights that an access needs; where the EPT tracks use, a page walk writes. */
function rightsFor(vcpu: Vcpu, { kind, isFinal, isOfUser }: PhysicalAccess): number {
  if (!isFinal && tracksUse(vcpu)) return ACC_WRITE;
  if (kind === 'execute') return isOfUser && tellsModes(vcpu) ? ACC_USER_EXEC : ACC_EXEC;
  return kind === 'write' ? ACC_WRITE : ACC_USER;
}

/** The rights that a leaf gives: under GMET its U bit says who may fetch, and nothing else. */
function accIn({ nested }: Vcpu, spte: Spte): number {
  const acc = accOfSpte(spte);
  return hasGmet(nested) ? gmetAccOf(acc) : acc;
}

/** Every access by nested page tables of AMD's is the user's. */
function alwaysNeeded({ nested }: Vcpu): number {
  return nested.svm === null ? 0 : ACC_USER;
}

/** Whether A and D are enabled in the EPTP that the processor runs on: for L1 KVM enables them. */
function tracksUse({ mmu, nested }: Vcpu): boolean {
  if (mmu.name === 'root' || nested.svm !== null) return true;
  return hasAccessedDirty(eptpOf(nested.currentVmcs as Vmcs12) as Word);
}

/** Whether the EPT has a right of its own to fetch from user-mode addresses: KVM's has not. */
export function tellsModes(vcpu: Vcpu): boolean {
  if (vcpu.mmu.name !== 'guest') return false;
  return isModeBased(vcpu) || hasGmet(vcpu.nested);
}

/**
 * Whether a fetch is the user's as far as an EPT can tell: Intel goes by the page of L2's tables,
 * AMD by the privilege level.
 */
export function isFetchOfUser({ nested }: Vcpu, { user }: LinearAccess, acc: number): boolean {
  return nested.svm === null ? (acc & ACC_USER) !== 0 : user;
}

interface Violation {
  readonly request: PhysicalRequest;
  readonly address: Word;
  /** `ACC_*` bits that were needed, and those that were there. */
  readonly needed: number;
  readonly acc: number;
}

/** @see Linux `handle_ept_violation()`, arch/x86/kvm/vmx/vmx.c */
function handleEptViolation(
  vm: Vm,
  vcpu: Vcpu,
  violation: Violation,
  emit: Emit,
): PhysicalTranslation {
  const { request, address, acc } = violation;
  const { gpa, access } = request;
  const qualification = wordFromNumber(qualificationOf(violation));
  exitToHost(vcpu, { reason: 'EPT_VIOLATION', qualification }, emit);
  emit?.(vcpu, { kind: 'page-fault', address, errorCode: errorCodeOf(vm, violation) });

  const mapping = mappingOf(vm, vcpu, request, emit);
  if ('outcome' in mapping) return { kind: 'stopped', outcome: mapping.outcome };
  const kind = access.isFinal || violation.needed !== ACC_WRITE ? access.kind : 'write';
  const fault = { address, kind, user: false, isPresent: acc !== 0 };
  const result = fixFault(vm, vcpu, fault, mapping, emit);
  return afterFix(vm, vcpu, { request, result, gfn: mapping.gfn, offset: offsetInPage(gpa) }, emit);
}

/**
 * The mapping of a guest-physical address: to itself for L1, by L1's EPT for L2.
 *
 * @returns The end of the access, if L1 was told that its EPT denies it, or that its log is full.
 */
export function mappingOf(
  vm: Vm,
  vcpu: Vcpu,
  request: PhysicalRequest,
  emit: Emit,
): GuestMapping | { readonly outcome: Outcome } {
  const { gpa, linear, access } = request;
  if (vcpu.mmu.name === 'root') {
    return { steps: [], level: 1, gfn: gpaToGfn(gpa), acc: ACC_ALL };
  }
  const npt = nestedTablesOf(vcpu.nested);
  if (npt !== null) return mappingByNpt(vm, vcpu, { tables: npt, request }, emit);
  const eptp = eptpOf(vcpu.nested.currentVmcs as Vmcs12) as Word;
  const walked = walkEpt(vm.memory, eptp, gpa, {
    access,
    limits: eptLimitsOf(vm, vcpu),
    logDirty: (page) => logModifiedPage(vm, vcpu, page),
  });
  for (const step of walked.steps) noteWalked(vm, step.gpa);
  if (walked.kind === 'mapped') return walked;
  if (walked.kind === 'log-full') {
    return { outcome: reflectExit(vm, vcpu, { reason: 'PML_FULL', gpa, linear }, emit) };
  }
  const address = wordFromNumber(gpa);
  const isPermission =
    walked.kind === 'violation' && (walked.qualification & EPT_VIOLATION_PROT_MASK) !== 0;
  if (isPermission) invalidateFaulted(vm, vcpu, address, emit);
  if (vm.rules.eptFaultReachesCachedRoots) {
    invalidateEptAddress(vm, vcpu, { eptp, address }, emit);
  }
  const exit: Exit =
    walked.kind === 'violation'
      ? {
          reason: 'EPT_VIOLATION',
          qualification: wordFromNumber(walked.qualification),
          gpa,
          linear,
        }
      : { reason: 'EPT_MISCONFIG', gpa, linear };
  return { outcome: reflectExit(vm, vcpu, exit, emit) };
}

/** The part of the format that L1's EPT may use. */
export const eptLimitsOf = seam(function eptLimitsOf(vm: Vm, vcpu: Vcpu): EptLimits {
  return eptLimitsIn(vm, vcpu);
});

/** @see Intel SDM Vol. 3C, "Exit Qualification for EPT Violations" */
function qualificationOf({ request: { access }, needed, acc }: Violation): number {
  const asked = needed === ACC_WRITE ? 0x2 : needed === ACC_USER ? 0x1 : 0x4;
  const had =
    (acc & ACC_USER ? 0x8 : 0) |
    (acc & ACC_WRITE ? 0x10 : 0) |
    (acc & ACC_EXEC ? 0x20 : 0) |
    (acc & ACC_USER_EXEC ? 0x40 : 0);
  const final = access.isFinal ? EPT_VIOLATION_GVA_TRANSLATED : 0;
  return asked | had | EPT_VIOLATION_GVA_IS_VALID | final;
}

/** @see Linux `handle_ept_violation()`, `__vmx_handle_ept_violation()` */
function errorCodeOf({ rules }: Vm, { request: { access }, needed, acc }: Violation): number {
  const read = rules.eptReadIsUser ? PFERR_USER_MASK : 0;
  const asked =
    needed === ACC_WRITE ? PFERR_WRITE_MASK : needed === ACC_USER ? read : PFERR_FETCH_MASK;
  const where = access.isFinal ? PFERR_GUEST_FINAL_MASK : PFERR_GUEST_PAGE_MASK;
  return where + (asked | (acc !== 0 ? PFERR_PRESENT_MASK : 0));
}
