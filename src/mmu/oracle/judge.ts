import {
  ACC_EXEC,
  ACC_USER_EXEC,
  type AccessKind,
  accOfEpt,
  bitsOf,
  EXIT_REASON,
  gpaToGfn,
  isForbidden,
  isOfCacheableEntry,
  type LinearAccess,
  memslotOf,
  type Word,
} from '../machine/index.js';
import type { Outcome } from '../schema/index.js';
import { type Emit, isModeBased, type Vcpu, type Vm } from '../state/index.js';
import { blame, type Charge } from './blame.js';
import { dropAsPageFault, dropInjected, dropViolated } from './drop.js';
import { freshTranslation } from './fresh.js';
import { momentNow } from './moments.js';
import { TooManyWalks } from './past-walks.js';
import { allows, wasEverAllowed } from './rights.js';
import { type PastTranslation, pastTranslations, physicalTranslations } from './translations.js';
import { unknownOf } from './unknown.js';
import { isWatched, vtlbOf, type WatchedVm } from './watched-vm.js';
import { globalWindowOf, windowOf } from './windows.js';

/** An access by a linear address. */
export interface JudgedAccess {
  readonly address: Word;
  readonly access: LinearAccess;
}

/** `undecided`: too much was forgotten, or there is too much to look at. */
type Judgement = 'allowed' | 'refused' | 'undecided';

/**
 * Judges a translation that an access used: it must be one that memory has held, entry by entry,
 * since the last invalidation that covered it. What is in memory now always is.
 *
 * @param gfn Frame of L1's memory that was used.
 * @param by Where the translation came from.
 */
export function judgeUse(
  vm: Vm,
  vcpu: Vcpu,
  judged: JudgedAccess,
  { gfn, by }: { gfn: number; by: Charge['by'] },
  emit: Emit,
): void {
  if (!isWatched(vm) || vcpu.nested.svm !== null) return;
  const { address, access } = judged;
  vm.oracle.told?.(`used ${JSON.stringify(judged)} ${gfn} ${by}`, vcpu);
  const gone = goneFrom(vm, access.kind, gfn);
  if (gone !== null) {
    convict(vm, vcpu, { rule: gone, address, kind: access.kind, gfn, by }, 'refused', emit);
    return;
  }
  const fresh = freshTranslation(vm, vcpu, judged);
  if (fresh !== null && fresh.gfn === gfn && allows(fresh, access, vcpu.regs)) return;

  const { judgement, rule } = judgementOfUse(vm, vcpu, { ...judged, gfn });
  if (judgement === 'allowed') return;
  const isUngiven = rule === 'stale-right' && !wasEverAllowed(vm, vcpu, { ...judged, gfn });
  const broken = isUngiven ? 'right-never-given' : rule;
  convict(vm, vcpu, { rule: broken, address, kind: access.kind, gfn, by }, judgement, emit);
}

/**
 * The rule that is broken where the host has no memory at a frame any more, or none that may be
 * written: whatever the guest's tables say, KVM may not let a translation outlive a memslot.
 */
function goneFrom({ memory }: WatchedVm, kind: AccessKind, gfn: number): Charge['rule'] | null {
  const memslot = memslotOf(memory, gfn);
  if (memslot === undefined) return 'stale-translation';
  return kind === 'write' && memslot.readOnly ? 'stale-right' : null;
}

/**
 * Whether an access may still lead to a frame. Changes nothing.
 *
 * @returns With the rule that the use would break.
 */
function judgementOfUse(
  vm: WatchedVm,
  vcpu: Vcpu,
  { address, access, gfn }: JudgedAccess & { gfn: number },
): { judgement: Judgement; rule: Charge['rule'] } {
  let isRightStale = false;
  const judgement = search(vm, vcpu, address, (past) => {
    if (past.isBlocked || past.gfn !== gfn) return false;
    if (allows(past, access, vcpu.regs)) return true;
    isRightStale = true;
    return false;
  });
  return { judgement, rule: isRightStale ? 'stale-right' : 'stale-translation' };
}

/**
 * Judges an access that did not happen. A fault must come from an entry that is in memory, or from
 * rights that may still be cached; and whatever the reason, it drops what the address has cached.
 */
export function judgeStop(
  vm: Vm,
  vcpu: Vcpu,
  { address, access }: JudgedAccess,
  outcome: Outcome,
  emit: Emit,
): void {
  if (!isWatched(vm) || vcpu.nested.svm !== null) return;
  vm.oracle.told?.(`stopped ${JSON.stringify([address, access, outcome])}`, vcpu);
  if (outcome.kind === 'fault' && outcome.vector === '#PF') {
    judgePageFault(vm, vcpu, { address, access }, outcome.errorCode ?? 0, emit);
  } else if (outcome.kind === 'vm-exit' && outcome.reason === EXIT_REASON.EPT_VIOLATION) {
    const { gpa = 0, qualification } = outcome;
    judgeViolation(vm, vcpu, { address, kind: access.kind, gpa, qualification }, emit);
  }
}

function judgePageFault(
  vm: WatchedVm,
  vcpu: Vcpu,
  { address, access }: JudgedAccess,
  errorCode: number,
  emit: Emit,
): void {
  const fresh = freshTranslation(vm, vcpu, { address, access });
  if (fresh !== null && !isForbidden(fresh.acc, access, vcpu.regs)) {
    const judgement = search(
      vm,
      vcpu,
      address,
      (past) => past.isBlocked || isForbidden(past.acc, access, vcpu.regs),
    );
    if (judgement !== 'allowed') {
      const charge = { rule: 'spurious-fault', address, kind: access.kind } as const;
      convict(vm, vcpu, { ...charge, gfn: null, by: null }, judgement, emit);
    }
  }
  const vtlb = vtlbOf(vm, vcpu);
  const { context } = vtlb;
  const moment = momentNow(vm.oracle);
  if (vcpu.mode === 'guest') {
    // The processor delivered it.
    dropAsPageFault(vtlb, { ...context, page: address.page }, moment);
  } else if (isOfCacheableEntry(errorCode)) {
    // KVM takes it that nothing is cached of what is not present or not legal, and forgets nothing.
    dropInjected(vtlb, { context, page: address.page }, moment);
  }
}

/** L1 was told of an EPT violation. By now L1 runs, but what was in use then is still known. */
function judgeViolation(
  vm: WatchedVm,
  vcpu: Vcpu,
  violated: { address: Word; kind: AccessKind; gpa: number; qualification: Word },
  emit: Emit,
): void {
  const { address, kind, gpa, qualification } = violated;
  const vtlb = vtlbOf(vm, vcpu);
  const { context } = vtlb;
  const gpaPage = gpaToGfn(gpa);
  const asked = askedBy(vcpu, qualification);
  const judgement = judgementOfViolation(vm, vcpu, { address, gpaPage, asked });
  if (judgement !== 'allowed') {
    const charge = { rule: 'spurious-fault', address, kind } as const;
    convict(vm, vcpu, { ...charge, gfn: null, by: null }, judgement, emit);
  }
  // As with a page fault that KVM injects, an entry that is not present drops nothing.
  if (bitsOf(qualification, { high: 6, low: 3 }) === 0) return;
  dropViolated(vtlb, { context, page: address.page, gpaPage }, momentNow(vm.oracle));
}

/** `ACC_*` bits that a violation was for: of a fetch it is not told whose address it was. */
function askedBy(vcpu: Vcpu, qualification: Word): number {
  const asked = accOfEpt(bitsOf(qualification, { high: 2, low: 0 }), { isModeBased: false });
  return (asked & ACC_EXEC) !== 0 && isModeBased(vcpu) ? asked | ACC_USER_EXEC : asked;
}

/** Whether an EPT, as it may be cached, denies a guest-physical page what was asked of it. */
function judgementOfViolation(
  vm: WatchedVm,
  vcpu: Vcpu,
  { address, gpaPage, asked }: { address: Word; gpaPage: number; asked: number },
): Judgement {
  const vtlb = vtlbOf(vm, vcpu);
  const window = windowOf(vtlb, vtlb.context, address.page);
  try {
    const ways = physicalTranslations(vm, vcpu, { gpaPage, window });
    const isMapped = ways.some(({ replaced }) => replaced === null);
    const isDenied = ways.some(({ acc }) => (acc & asked) !== asked);
    return isMapped && !isDenied ? judgementUnder(vm, vcpu, address) : 'allowed';
  } catch (error) {
    if (error instanceof TooManyWalks) return 'undecided';
    throw error;
  }
}

/** Looks for a translation that may be cached and is accepted. */
function search(
  vm: WatchedVm,
  vcpu: Vcpu,
  address: Word,
  accept: (past: PastTranslation) => boolean,
): Judgement {
  try {
    if (pastTranslations(vm, vcpu, { address, everything: false, visit: accept })) return 'allowed';
  } catch (error) {
    if (error instanceof TooManyWalks) return 'undecided';
    throw error;
  }
  return judgementUnder(vm, vcpu, address);
}

/** A use is undecided if it may be by something that was forgotten since it was last dropped. */
function judgementUnder(vm: WatchedVm, vcpu: Vcpu, address: Word): Judgement {
  return isUndecidable(vm, vcpu, address) ? 'undecided' : 'refused';
}

/** No drop by a PCID covers the global pages that another one made. */
const ANY_PCID = -1;

/**
 * Whether something was forgotten that can have translated the page since that was last dropped. A
 * drop that spares global pages is the last one, unless there may have been a global page.
 */
export function isUndecidable(vm: WatchedVm, vcpu: Vcpu, { page }: Word): boolean {
  const vtlb = vtlbOf(vm, vcpu);
  const { context } = vtlb;
  const unknown = unknownOf(vm, vtlb, page);
  if (windowOf(vtlb, context, page).page.time < unknown.until) return true;
  const globals = globalWindowOf(vtlb, { ...context, pcid: ANY_PCID }, page).page.time;
  return globals < unknown.until && unknown.mayBeGlobal(globals);
}

function convict(
  vm: WatchedVm,
  vcpu: Vcpu,
  charge: Charge,
  judgement: Judgement,
  emit: Emit,
): void {
  const vtlb = vtlbOf(vm, vcpu);
  if (judgement === 'undecided') {
    vtlb.undecided += 1;
    return;
  }
  vtlb.violations += 1;
  emit?.(vcpu, blame(vm, vcpu, charge));
}
