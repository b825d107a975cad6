import {
  ACC_ALL,
  ACC_USER,
  ACC_WRITE,
  EPTP_AD_ENABLE_BIT,
  type EptLimits,
  eptAccFor,
  gfnToGpa,
  gpaToGfn,
  holdsWord,
  isReadOnlyGfn,
  isSameWord,
  isVisibleGfn,
  type LinearAccess,
  offsetInPage,
  PT_DIRTY,
  readHalf,
  readWord,
  type TableMemory,
  type Word,
  walk,
  walkEpt,
  withoutBit,
  ZERO,
} from '../machine/index.js';
import {
  eptLimitsIn,
  eptpOf,
  type FreshTranslation,
  isModeBased,
  type Oracle,
  type Vcpu,
  type VirtualTlb,
  type Vmcs12,
} from '../state/index.js';
import { watchTable } from './past.js';
import { vtlbOf, type WatchedVm } from './watched-vm.js';

/** Pages of which a vCPU keeps what memory says; when there are more, all are walked anew. */
const FRESH_MAX = 4096;

/**
 * The translation of a page by the guest's own tables as they are in memory now; null if it faults.
 * Nothing is set in them. Every table on the way may be cached from now on.
 */
export function freshTranslation(
  vm: WatchedVm,
  vcpu: Vcpu,
  { address, access }: { address: Word; access: LinearAccess },
): FreshTranslation | null {
  const vtlb = vtlbOf(vm, vcpu);
  const eptp = guestEptpOf(vcpu, vtlb);
  const root = vcpu.regs.cr3.page;
  let pages = vtlb.fresh.get(root);
  const known = pages?.get(address.page);
  if (known !== undefined && isCurrent(known, vm, vcpu, eptp)) return known;

  const fresh = walkFresh(vm, vcpu, { address, access, eptp });
  if (fresh === null) return null;
  if (known === undefined) {
    if (vtlb.freshCount >= FRESH_MAX) {
      forgetFresh(vm.oracle, vtlb);
      pages = undefined;
    }
    vtlb.freshCount += 1;
    vm.oracle.memories += 1;
  }
  if (pages === undefined) {
    pages = new Map();
    vtlb.fresh.set(root, pages);
  }
  pages.set(address.page, fresh);
  return fresh;
}

/** Memslots have changed, and memory with them. */
export function forgetAllFresh(oracle: Oracle): void {
  for (const vtlb of oracle.vcpus) if (vtlb !== null) forgetFresh(oracle, vtlb);
}

function forgetFresh(oracle: Oracle, vtlb: VirtualTlb): void {
  vtlb.fresh.clear();
  oracle.memories -= vtlb.freshCount;
  vtlb.freshCount = 0;
}

/** The EPT that L1 gives the L2 which runs, with A and D left alone; null without one. */
function guestEptpOf({ nested }: Vcpu, { context }: VirtualTlb): Word | null {
  if (context.ep4ta === -1) return null;
  return withoutBit(eptpOf(nested.currentVmcs as Vmcs12) as Word, EPTP_AD_ENABLE_BIT);
}

/** Most writes to tables are to other entries than those that one page was translated by. */
function isCurrent(known: FreshTranslation, vm: WatchedVm, vcpu: Vcpu, eptp: Word | null): boolean {
  const { regs } = vcpu;
  return (
    known.cr0 === regs.cr0 &&
    known.cr4 === regs.cr4 &&
    known.efer === regs.efer &&
    known.pdptrs === regs.pdptrs &&
    known.isModeBased === (eptp !== null && isModeBased(vcpu)) &&
    (known.eptp === eptp ||
      (known.eptp !== null && eptp !== null && isSameWord(known.eptp, eptp))) &&
    (known.tableWrites === vm.oracle.tableWrites || isStillThere(known, vm))
  );
}

function isStillThere(known: FreshTranslation, { memory, oracle }: WatchedVm): boolean {
  const { entries } = known;
  for (let i = 0; i < entries.length; i += 3) {
    // A list of the three would be made anew for every entry.
    const gpa = entries[i] as number;
    if (!holdsWord(memory, gpa, entries[i + 1] as number, entries[i + 2] as number)) return false;
  }
  known.tableWrites = oracle.tableWrites;
  return true;
}

function walkFresh(
  vm: WatchedVm,
  vcpu: Vcpu,
  { address, access, eptp }: { address: Word; access: LinearAccess; eptp: Word | null },
): FreshTranslation | null {
  const { regs } = vcpu;
  const { maxphyaddr } = vm.config;
  const ept = eptp === null ? null : { eptp, limits: eptLimitsIn(vm, vcpu) };
  const entries: number[] = [];
  const walked = walk(tablesOf(vm, ept, entries), regs, address, { access, maxphyaddr });
  if (walked.kind !== 'mapped') return null;
  const end = ept === null ? itself(walked.gfn) : physicalOf(vm, ept, walked.gfn, entries);
  if (end === null) return null;
  const isTold = ept?.limits.isModeBased === true;
  const leaf = walked.steps.at(-1);
  const isDirty =
    leaf === undefined ||
    (leaf.entry.low & PT_DIRTY) !== 0 ||
    isReadOnlyGfn(vm.memory, placeOf(vm, ept, gpaToGfn(leaf.gpa)));
  return {
    gfn: end.gfn,
    acc: (isDirty ? walked.acc : walked.acc & ~ACC_WRITE) | walked.key,
    eptAcc: eptAccFor(end.acc, { isModeBased: isTold, isOfUser: (walked.acc & ACC_USER) !== 0 }),
    isModeBased: isTold,
    tableWrites: vm.oracle.tableWrites,
    entries,
    cr0: regs.cr0,
    cr4: regs.cr4,
    efer: regs.efer,
    pdptrs: regs.pdptrs,
    eptp,
  };
}

/** An EPT of L1, and how the processor reads it. */
interface Ept {
  readonly eptp: Word;
  readonly limits: EptLimits;
}

interface Physical {
  readonly gfn: number;
  readonly acc: number;
}

function itself(gfn: number): Physical {
  return { gfn, acc: ACC_ALL };
}

/** Frame of L1's memory that holds a table which was walked. */
function placeOf(vm: WatchedVm, ept: Ept | null, page: number): number {
  return ept === null ? page : (physicalOf(vm, ept, page, [])?.gfn ?? page);
}

/**
 * The guest's tables as memory holds them: read, watched, and never written.
 *
 * @param entries Takes every entry that is read, those of the EPT as well.
 */
function tablesOf(vm: WatchedVm, ept: Ept | null, entries: number[]): TableMemory {
  const { memory, oracle } = vm;
  return {
    readEntry: (gpa, bytes) => {
      const page = gpaToGfn(gpa);
      const place = ept === null ? itself(page) : physicalOf(vm, ept, page, entries);
      if (place === null) return null;
      watchTable(oracle, place.gfn);
      if (!isVisibleGfn(memory, place.gfn)) return ZERO;
      const at = gfnToGpa(place.gfn) + offsetInPage(gpa);
      const word = readWord(memory, at);
      note(entries, at, word);
      return bytes === 8 ? word : readHalf(memory, at);
    },
    writeEntry: () => true,
  };
}

/** The translation of a guest-physical page by the EPT; null if it is not readable. */
function physicalOf(
  vm: WatchedVm,
  { eptp, limits }: Ept,
  page: number,
  entries: number[],
): Physical | null {
  const { memory, oracle } = vm;
  const access = { kind: 'read', isFinal: true } as const;
  const walked = walkEpt(memory, eptp, gfnToGpa(page), { access, limits });
  for (const { gpa, entry } of walked.steps) {
    watchTable(oracle, gpaToGfn(gpa));
    note(entries, gpa, entry);
  }
  return walked.kind === 'mapped' ? walked : null;
}

/** An EPT is walked several times for one page, through the same upper entries. */
function note(entries: number[], gpa: number, { page, low }: Word): void {
  for (let i = 0; i < entries.length; i += 3) if (entries[i] === gpa) return;
  entries.push(gpa, page, low);
}
