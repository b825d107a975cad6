import { linearAddress } from '../access/index.js';
import {
  ACC_ALL,
  accOf,
  accOfEpt,
  EPTP_AD_ENABLE_BIT,
  type EptLimits,
  type EptStep,
  errorCodeOf,
  gfnToGpa,
  gpaToGfn,
  hasAccessedDirty,
  isPdptePresent,
  isValidEptp,
  isVisibleGfn,
  type Mapped,
  offsetInPage,
  type PhysicalAccess,
  PT_ACCESSED,
  PT_DIRTY,
  PT_PRESENT,
  pagingModeOf,
  type TableMemory,
  tablesIn,
  VMX_EPT_ACCESSED,
  VMX_EPT_DIRTY,
  type Word,
  walk,
  walkEpt,
  walkNpt,
  withoutBit,
  wordFromNumber,
} from '../machine/index.js';
import type { WalkState } from '../schema/index.js';
import { eptLimitsIn, eptpOf, nestedTablesOf, type Vcpu, type Vm } from '../state/index.js';
import { rightsOf } from './rights.js';

type WalkedEntry = WalkState['entries'][number];
type WalkResult = WalkState['result'];

const SUPERVISOR_READ = { kind: 'read', user: false, ac: false } as const;

const TOP_LEVEL = { '5-level': 5, '4-level': 4, PAE: 2, '32-bit': 2, none: 0 } as const;

/**
 * Walks the page tables of the guest that runs, L1 or L2, for a read by the supervisor: by the
 * processor's own rules, but nothing is set and nothing is cached.
 */
export function guestWalkOf(vm: Vm, vcpu: Vcpu, gva: Word): WalkState {
  const { regs } = vcpu;
  const tables = pagingModeOf(regs);
  const address = linearAddress(vm, vcpu, { gva, kind: 'read' });
  const start = { tables, root: regs.cr3, address: address ?? gva };
  if (address === null) return { ...start, entries: [], result: { kind: 'not-canonical' } };
  const look = lookerAt(vm, vcpu);
  const { maxphyaddr } = vm.config;
  const walked = walk(look.tables, regs, address, {
    access: SUPERVISOR_READ,
    maxphyaddr,
    isAmd: vcpu.nested.svm !== null,
  });
  const readsPdpte = tables === 'PAE' && vcpu.nested.svm !== null;
  const entries = readsPdpte
    ? entriesOf(look.read, TOP_LEVEL.PAE + 1)
    : [...pdpteOf(vcpu, address), ...entriesOf(look.read, TOP_LEVEL[tables])];
  switch (walked.kind) {
    case 'mapped':
      return { ...start, entries, result: mappedOf(vm, vcpu, walked, address) };
    case 'page-fault':
      return { ...start, entries, result: { kind: 'page-fault', errorCode: walked.errorCode } };
    case 'stopped':
      return { ...start, entries, result: stoppedOf(vcpu, look.obstacle(), address) };
  }
}

/**
 * The end of a read that could not be walked: for a table in no memslot KVM injects a page fault,
 * unless it takes the entry's address for the operand's.
 *
 * @see Linux `emulator_read_write_onepage()`, arch/x86/kvm/x86.c
 */
function stoppedOf({ mmu, regs }: Vcpu, obstacle: WalkResult, { low }: Word): WalkResult {
  if (obstacle.kind !== 'mmio') return obstacle;
  if (mmu.name === 'root' && offsetInPage(obstacle.gpa) === low) return obstacle;
  return { kind: 'page-fault', errorCode: errorCodeOf(SUPERVISOR_READ, regs) };
}

/** The EPT pointer of L1 that `eptWalkOf` follows if it is told none: that of the current VMCS. */
export function currentEptpOf({ nested }: Vcpu): Word | null {
  return nested.currentVmcs === null ? null : eptpOf(nested.currentVmcs);
}

/** Whether VM entry would accept an EPT pointer. */
export function isEptpUsable({ config }: Vm, eptp: Word): boolean {
  return isValidEptp(eptp, { cap: config.vmx.eptVpidCap, maxphyaddr: config.maxphyaddr });
}

/**
 * Walks an EPT of L1 for a read by L2, without setting anything in it.
 *
 * @param eptp An EPTP that VM entry would accept.
 */
export function eptWalkOf(vm: Vm, vcpu: Vcpu, eptp: Word, gpa: number): WalkState {
  const limits = eptLimitsIn(vm, vcpu);
  const walked = walkUntouched(vm, { eptp, limits }, gpa, { kind: 'read', isFinal: true });
  const start = { tables: 'ept', root: eptp, address: wordFromNumber(gpa) } as const;
  const entries = walked.steps.map((step) => eptEntryOf(step, limits));
  if (walked.kind !== 'mapped') return { ...start, entries, result: eptFailureOf(walked, gpa) };
  const { gfn, level, steps } = walked;
  const rights = rightsOf((steps.at(-1) as EptStep).acc, true);
  const memslot = isVisibleGfn(vm.memory, gfn);
  const leads = { gpa: gfnToGpa(gfn) + offsetInPage(gpa), level, rights, global: false, memslot };
  return { ...start, entries, result: { kind: 'mapped', ...leads } };
}

interface ReadEntry {
  readonly gpa: number;
  readonly bytes: 4 | 8;
  readonly entry: Word;
}

/** The guest's tables for a walk that only looks: what it has read is kept, and what it could not. */
function lookerAt(vm: Vm, vcpu: Vcpu) {
  const read: ReadEntry[] = [];
  let obstacle: WalkResult | null = null;
  const { readEntry } = tablesIn(vm.memory);
  const tables: TableMemory = {
    readEntry(gpa, bytes) {
      const place = placeOf(vm, vcpu, gpa);
      if (typeof place !== 'number') {
        obstacle = place;
        return null;
      }
      const entry = readEntry(place, bytes) as Word;
      read.push({ gpa, bytes, entry });
      return entry;
    },
    writeEntry: () => true,
  };
  return { tables, read, obstacle: () => obstacle as WalkResult };
}

/** Address of an entry in L1's memory, or the result that keeps the processor from reading it. */
function placeOf(vm: Vm, vcpu: Vcpu, gpa: number): number | WalkResult {
  let place = gpa;
  const npt = nestedTablesOf(vcpu.nested);
  if (npt !== null) {
    const untouched = { ...tablesIn(vm.memory), writeEntry: () => true };
    const request = { gpa, access: { kind: 'read', isFinal: false } } as const;
    const walked = walkNpt(untouched, npt, request, vm.config.maxphyaddr);
    if (walked.kind === 'fault') {
      return { kind: 'ept-violation', gpa, qualification: wordFromNumber(walked.info1) };
    }
    place = gfnToGpa(walked.gfn) + offsetInPage(gpa);
  }
  const eptp = vcpu.mmu.name === 'guest' ? currentEptpOf(vcpu) : null;
  if (eptp !== null) {
    const limits = eptLimitsIn(vm, vcpu);
    const walked = walkUntouched(vm, { eptp, limits }, gpa, { kind: 'read', isFinal: false });
    if (walked.kind !== 'mapped') return eptFailureOf(walked, gpa);
    place = gfnToGpa(walked.gfn) + offsetInPage(gpa);
  }
  // KVM takes a table that it shadows, and that lies in no memslot, for one that is not present.
  const isReadable = vm.config.paging === 'shadow' || isVisibleGfn(vm.memory, gpaToGfn(place));
  return isReadable ? place : { kind: 'mmio', gpa: place };
}

function entriesOf(read: readonly ReadEntry[], topLevel: number): WalkedEntry[] {
  return read.map(({ gpa, bytes, entry }, i) => {
    const isPresent = (entry.low & PT_PRESENT) !== 0;
    return {
      level: topLevel - i,
      gpa,
      entry,
      rights: isPresent ? rightsOf(accOf(entry, { entryBytes: bytes }), false) : null,
      accessed: (entry.low & PT_ACCESSED) !== 0,
      dirty: (entry.low & PT_DIRTY) !== 0,
    };
  });
}

/** Under PAE paging the walk starts at a register. */
function pdpteOf({ regs }: Vcpu, address: Word): WalkedEntry[] {
  if (pagingModeOf(regs) !== 'PAE') return [];
  const entry = regs.pdptrs[Math.floor(address.page / 2 ** 18) % 4] as Word;
  const rights = isPdptePresent(entry) ? rightsOf(ACC_ALL, false) : null;
  return [{ level: 3, gpa: null, entry, rights, accessed: false, dirty: false }];
}

function mappedOf(vm: Vm, vcpu: Vcpu, mapped: Mapped, address: Word): WalkResult {
  const { gfn, level, steps, global } = mapped;
  return {
    kind: 'mapped',
    gpa: gfnToGpa(gfn) + address.low,
    level,
    rights: rightsOf(steps.at(-1)?.acc ?? ACC_ALL, false),
    global,
    memslot: vcpu.mmu.name === 'guest' ? null : isVisibleGfn(vm.memory, gfn),
  };
}

/**
 * A walk sets A and D only where the EPT pointer enables them. Without that, an access to a page
 * table of L2 has to be made the write as which it then counts.
 */
function walkUntouched(
  { memory }: Vm,
  { eptp, limits }: { eptp: Word; limits: EptLimits },
  gpa: number,
  access: PhysicalAccess,
) {
  const countsAsWrite = hasAccessedDirty(eptp) && !access.isFinal;
  const asked: PhysicalAccess = countsAsWrite ? { kind: 'write', isFinal: false } : access;
  return walkEpt(memory, withoutBit(eptp, EPTP_AD_ENABLE_BIT), gpa, { access: asked, limits });
}

function eptEntryOf({ level, gpa, entry }: EptStep, limits: EptLimits): WalkedEntry {
  const acc = accOfEpt(entry.low, limits);
  return {
    level,
    gpa,
    entry,
    rights: acc === 0 ? null : rightsOf(acc, true),
    accessed: (entry.low & VMX_EPT_ACCESSED) !== 0,
    dirty: (entry.low & VMX_EPT_DIRTY) !== 0,
  };
}

function eptFailureOf(
  failed: Exclude<ReturnType<typeof walkUntouched>, { kind: 'mapped' }>,
  gpa: number,
): WalkResult {
  return failed.kind === 'violation'
    ? { kind: 'ept-violation', gpa, qualification: wordFromNumber(failed.qualification) }
    : { kind: 'ept-misconfiguration', gpa };
}
