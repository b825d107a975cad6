import {
  ACC_EXEC,
  ACC_USER,
  ACC_WRITE,
  eptAccFor,
  gfnToGpa,
  isForbidden,
  type Mapped,
  mappedOrderOf,
  offsetInPage,
  type TableMemory,
  type Word,
  walk,
  X86_CR4_PGE,
} from '../machine/index.js';
import { runGuest } from '../nested/index.js';
import type { Outcome } from '../schema/index.js';
import { seam } from '../seam.js';
import { type Emit, GLOBAL, hasGmet, type TlbTag, type Vcpu, type Vm } from '../state/index.js';
import { dropAddress, dropFaulted, fillTlb, lookupTlb, tagInUse } from '../tlb/index.js';
import { pageFault } from '../vcpu/index.js';
import { emulateWalk, emulateWithoutTable } from './emulated-walk.js';
import { isFetchOfUser, tellsModes, translatePhysical } from './ept.js';
import { tablesThroughEpt } from './tables-through-ept.js';
import {
  FAULTS_MAX,
  NEVER_SETTLES,
  type PhysicalTranslation,
  type Request,
  stopped,
  type Translation,
} from './translation.js';

/**
 * Translates a linear address where the guest runs on an EPT: the processor walks the guest's own
 * tables, each of whose entries lies at a guest-physical address, and delivers the guest's page
 * faults without KVM.
 */
export function translateTwoDimensional(
  vm: Vm,
  vcpu: Vcpu,
  request: Request,
  emit: Emit,
): Translation {
  for (let faults = 0; faults < FAULTS_MAX; faults += 1) {
    const ended = runGuest(vm, vcpu, emit);
    if (ended !== null) return stopped(ended);
    const translation = tryTranslation(vm, vcpu, request, emit);
    if (translation !== null) return translation;
  }
  return NEVER_SETTLES;
}

/** @returns Null if an EPT violation was put right, so that the access is to be made again. */
function tryTranslation(vm: Vm, vcpu: Vcpu, request: Request, emit: Emit): Translation | null {
  const { address, access } = request;
  const tag = tagInUse(vm, vcpu);
  const cached = cachedFrame(vm, vcpu, request);
  if (cached !== null) return { kind: 'mapped', gfn: cached, by: 'tlb' };

  const through = tablesOf(vm, vcpu, address, emit);
  const { maxphyaddr } = vm.config;
  const walked = walk(through.tables, vcpu.regs, address, {
    access,
    maxphyaddr,
    isAmd: vcpu.nested.svm !== null,
  });
  if (walked.kind === 'stopped') {
    dropAddress(vcpu, address, tag);
    const last = through.last();
    if (last?.kind === 'emulate-walk') return emulateWalk(vm, vcpu, request, emit);
    if (last?.kind === 'no-table') return emulateWithoutTable(vm, vcpu, request, last, emit);
    return afterPhysical(last);
  }
  if (walked.kind === 'page-fault') {
    return stopped(deliverPageFault(vm, vcpu, { errorCode: walked.errorCode, address, tag }));
  }
  const gpa = gfnToGpa(walked.gfn) + address.low;
  const isOfUser = isFetchOfUser(vcpu, access, walked.acc);
  const final = { gpa, linear: address, access: { kind: access.kind, isFinal: true, isOfUser } };
  const page = translatePhysical(vm, vcpu, final, emit);
  if (page.kind !== 'mapped') {
    dropAddress(vcpu, address, tag);
    return afterPhysical(page);
  }
  keep(vm, vcpu, { address, walked, page });
  return { kind: 'mapped', gfn: page.gfn, by: 'walk' };
}

/** The processor delivers a page fault to the guest by itself, and forgets what it is due to. */
export const deliverPageFault = seam(function deliverPageFault(
  _vm: Vm,
  vcpu: Vcpu,
  { errorCode, address, tag }: { errorCode: number; address: Word; tag: TlbTag },
): Outcome {
  dropFaulted(vcpu, address, tag);
  return pageFault(errorCode, address);
});

function cachedFrame(vm: Vm, vcpu: Vcpu, { address, access }: Request): number | null {
  if (vcpu.tlb === null) return null;
  const entry = lookupTlb(vcpu.tlb, tagInUse(vm, vcpu), address.page);
  if (entry === undefined || isForbidden(entry.acc, access, vcpu.regs)) return null;
  // Until it is dirty, not even a supervisor without CR0.WP writes through an entry.
  return access.kind === 'write' && (entry.acc & ACC_WRITE) === 0 ? null : entry.gfn;
}

/**
 * Combines what the guest's tables and the EPT allow; what cannot be read is not kept. Nor is the right
 * to fetch from a user page under GMET, where it hangs on who fetches.
 */
function keep(
  vm: Vm,
  vcpu: Vcpu,
  found: {
    address: Word;
    walked: Mapped;
    page: { gfn: number; acc: number };
  },
): void {
  const { address, walked, page } = found;
  if (vcpu.tlb === null || (page.acc & ACC_USER) === 0) return;
  const isOfUser = (walked.acc & ACC_USER) !== 0;
  const eptAcc = eptAccFor(page.acc, { isModeBased: tellsModes(vcpu), isOfUser });
  const hangsOnMode = isOfUser && hasGmet(vcpu.nested);
  const both = walked.acc & eptAcc & (hangsOnMode ? ACC_WRITE : ACC_WRITE | ACC_EXEC);
  const acc = both | (walked.acc & ACC_USER) | walked.key;
  const tag = tagInUse(vm, vcpu);
  const isGlobal = walked.global && hasGlobalPages(vm, vcpu);
  fillTlb(vcpu.tlb, isGlobal ? { ...tag, pcid: GLOBAL } : tag, address.page, {
    gfn: page.gfn,
    acc,
    order: mappedOrderOf(walked.level, vcpu.regs),
  });
}

export const hasGlobalPages = seam(function hasGlobalPages(_vm: Vm, { regs }: Vcpu): boolean {
  return (regs.cr4 & X86_CR4_PGE) !== 0;
});

/** The end of an access whose walk the EPT stopped; null if the walk is to be tried again. */
function afterPhysical(ended: PhysicalTranslation | null): Translation | null {
  if (ended?.kind === 'retry') return null;
  if (ended?.kind === 'stopped' || ended?.kind === 'emulated') return ended;
  throw new Error('nothing stood in the way of the address itself');
}

/** The guest's tables as the processor reaches them, and what stood in its way last. */
function tablesOf(
  vm: Vm,
  vcpu: Vcpu,
  linear: Word,
  emit: Emit,
): { tables: TableMemory; last: () => PhysicalTranslation | null } {
  let last: PhysicalTranslation | null = null;
  const tables = tablesThroughEpt(vm, ({ gpa, kind }) => {
    last = translatePhysical(vm, vcpu, { gpa, linear, access: { kind, isFinal: false } }, emit);
    return last.kind === 'mapped' ? gfnToGpa(last.gfn) + offsetInPage(gpa) : null;
  });
  return { tables, last: () => last };
}
