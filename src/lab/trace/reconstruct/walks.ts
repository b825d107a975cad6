import { addressFrameOf, type Word } from '../../../mmu/index.js';
import type { Command } from '../../../mmu/schema/index.js';
import { keepHistories } from './histories.js';
import type { Open } from './open.js';
import { invlpg, mendGuesses, movCr3, openOf, pgdOf, settle } from './operands.js';
import { entryAt, entryAtGpa, gpaOf, indexAt, isPresent, learn } from './tables.js';
import { followLikeliest, type VcpuTrace } from './vcpu.js';
import { isHeld, placeBefore, remember, type VmTrace } from './vm.js';
import { place, type Window } from './window.js';

const ERROR_PRESENT = 1;
const ERROR_WRITE = 2;
const ERROR_USER = 4;
const ERROR_FETCH = 16;
const LARGE = 0x80;
/** Accessed and dirty: KVM's own walk sets them. */
const ACCESSED_DIRTY = 0x60;
const PAGE_BYTES = 4096;
const ENTRIES_OF_TABLE = 512;
const WORD_BYTES = 8;
const ZERO = { page: 0, low: 0 };

/** KVM handles a page fault of the guest: an access that found no translation. */
export function takeFault(
  vm: VmTrace,
  vcpu: VcpuTrace,
  window: Window,
  { address, error }: { address: Word; error: Word },
): void {
  if ((error.low & ERROR_PRESENT) === 0) narrowByFault(vm, vcpu, address);
  const command = accessOf(vcpu.vcpu, address, error.low);
  vcpu.access = { address, error: error.low, placed: place(window, command, 'seen') };
}

function accessOf(vcpu: number, gva: Word, error: number): Command {
  const user = (error & ERROR_USER) !== 0;
  if (error & ERROR_FETCH) return { kind: 'execute', vcpu, gva, user };
  const bytes = gva.low % WORD_BYTES === 0 ? 8 : 1;
  const of = { vcpu, gva, user, ac: false, bytes } as const;
  // The value is what the entry was, until a later walk shows it.
  return error & ERROR_WRITE ? { kind: 'write', ...of, value: ZERO } : { kind: 'read', ...of };
}

/** KVM begins to walk the guest's tables. */
export function beginWalk(vcpu: VcpuTrace, address: Word): void {
  vcpu.walk = address;
  vcpu.walkTable = vcpu.cr3 === null ? null : pgdOf(vcpu.cr3).page;
  vcpu.walkedTo = null;
}

/** A walk showed an entry. */
export function takeElement(
  vm: VmTrace,
  vcpu: VcpuTrace,
  window: Window,
  { value, level }: { value: Word; level: number },
): void {
  const { walk } = vcpu;
  if (walk === null) return;
  if (level > vm.hints.levels) vm.hints.levels = level;
  const index = indexAt(walk, level);
  if (level === vm.hints.levels) narrowByEntry(vm, vcpu, { index, value });
  const table = vcpu.walkTable;
  if (table === null) return;
  const known = entryAt(vm.tables, table, index);
  const isSame = known !== undefined && isAlike(known.value, value);
  if (isSame) known.seenIn = window.index;
  else {
    const since = learn(vm.tables, { table, index, value, seenIn: window.index });
    placeChange(vm, vcpu, window, { gpa: gpaOf(table, index), value, since });
  }
  if (level === 1) remember(vm.tableVa, table, walk.page - (walk.page % ENTRIES_OF_TABLE));
  const isLast = level === 1 || (value.low & LARGE) !== 0 || !isPresent(value);
  vcpu.walkTable = isLast ? null : addressFrameOf(value);
  if (isLast && isPresent(value)) endWalk(vm, vcpu, { walk, value, level });
}

function isAlike(a: Word, b: Word): boolean {
  return a.page === b.page && (a.low | ACCESSED_DIRTY) === (b.low | ACCESSED_DIRTY);
}

/** A page is found: if the guest stores there, it may be one of its own tables. */
function endWalk(
  vm: VmTrace,
  vcpu: VcpuTrace,
  { walk, value, level }: { walk: Word; value: Word; level: number },
): void {
  const pages = ENTRIES_OF_TABLE ** (level - 1);
  const frame = addressFrameOf(value);
  const gpa = (frame - (frame % pages) + (walk.page % pages)) * PAGE_BYTES + walk.low;
  vcpu.walkedTo = gpa;
  const placed = vcpu.access?.placed ?? null;
  if (placed?.command.kind !== 'write' || vcpu.window === null) return;
  if (vcpu.access?.address.page !== walk.page) return;
  const entry = entryAtGpa(vm.tables, gpa);
  if (entry !== undefined) placed.command = { ...placed.command, value: entry.value };
  remember(vm.writes, gpa, { placed, window: vcpu.window });
  const base = vm.tableVa.get(Math.floor(gpa / PAGE_BYTES));
  if (base !== undefined) {
    vcpu.lastWritten = { page: base + Math.floor((gpa % PAGE_BYTES) / WORD_BYTES), low: 0 };
  }
}

/**
 * Places a store that no event shows, because the guest may write the table: it happened between
 * the walk that showed the old value and this one, and guests invalidate after they have stored.
 */
function placeChange(
  vm: VmTrace,
  vcpu: VcpuTrace,
  window: Window,
  { gpa, value, since }: { gpa: number; value: Word; since: number | null },
): void {
  const store = { kind: 'host-write', vcpu: vcpu.vcpu, gpa, value } as const;
  if (since !== null) {
    const write = vm.writes.get(gpa);
    if (write !== undefined && write.window.index > since && isHeld(vm, write.window)) {
      const { placed } = write;
      if (placed.command.kind === 'write' && placed.command.bytes === WORD_BYTES) {
        placed.command = { ...placed.command, value };
        placed.confidence = 'inferred';
        vm.writes.delete(gpa);
        return;
      }
    }
    const before = vcpu.invalidations.findLast(
      (one) => one.window.index > since && isHeld(vm, one.window),
    );
    if (before !== undefined && before.window !== window) {
      placeBefore(before.window, before.window.placed[0] ?? null, store);
      settleByChange(vm, vcpu, since);
      return;
    }
  }
  placeBefore(window, vcpu.access?.placed ?? null, store);
}

/** An INVLPG of an unknown address was of the page whose entry turned out to have changed. */
function settleByChange(vm: VmTrace, vcpu: VcpuTrace, since: number): void {
  const open = openOf(vm, vcpu, 'invlpg');
  if (open === undefined || open.window.index <= since || vcpu.walk === null) return;
  settle(vcpu, open, invlpg(vcpu.vcpu, { page: vcpu.walk.page, low: 0 }), 'inferred');
}

/** The first entry of a walk tells which of several roots runs, where they differ in it. */
function narrowByEntry(
  vm: VmTrace,
  vcpu: VcpuTrace,
  { index, value }: { index: number; value: Word },
): void {
  const open = openCr3Of(vm, vcpu);
  if (open === null) return;
  narrowTo(vm, vcpu, open, (root) => {
    const known = entryAt(vm.tables, root.page, index);
    return known === undefined || isAlike(known.value, value);
  });
  vcpu.walkTable = vcpu.cr3?.page ?? null;
}

/** The unknown CR3 that the vCPU runs on; null if it is known. */
function openCr3Of(vm: VmTrace, vcpu: VcpuTrace): Open | null {
  const open = openOf(vm, vcpu, 'mov-cr3');
  return open !== undefined && vcpu.cr3From === open.placed ? open : null;
}

/** Leaves out the roots that it cannot be; if none were left, what speaks against them is wrong. */
function narrowTo(vm: VmTrace, vcpu: VcpuTrace, open: Open, fits: (root: Word) => boolean): void {
  const fit = open.candidates.filter(fits);
  const [first, ...others] = fit;
  if (first === undefined || fit.length === open.candidates.length) return;
  open.candidates = fit;
  keepHistories(vcpu.histories, ({ guess }) => guess?.open !== open || fits(guess.root));
  followLikeliest(vcpu, open.window.index);
  mendGuesses(vm, vcpu);
  vcpu.cr3 = vcpu.recent.cr3.roots[0] ?? first;
  if (others.length > 0) return;
  settle(vcpu, open, movCr3(vcpu.vcpu, first), 'inferred');
  vcpu.cr3From = null;
}

/** A root under which the page is mapped would not have faulted. */
function narrowByFault(vm: VmTrace, vcpu: VcpuTrace, address: Word): void {
  const open = openCr3Of(vm, vcpu);
  if (open !== null) {
    narrowTo(vm, vcpu, open, ({ page }) => !vcpu.mapped.has(mappedKey(page, address.page)));
  }
  if (vcpu.cr3 === null) return;
  const key = mappedKey(vcpu.cr3.page, address.page);
  if (!vcpu.mapped.delete(key)) return;
  // The page was mapped: an INVLPG of an address that no event has may have dropped it.
  const unknown = openOf(vm, vcpu, 'invlpg');
  if (unknown === undefined) return;
  settle(vcpu, unknown, invlpg(vcpu.vcpu, { page: address.page, low: 0 }), 'inferred');
}

/** Key of a page under a root. */
export function mappedKey(root: number, page: number): string {
  return `${root} ${page}`;
}
