import {
  ACC_ALL,
  ACC_USER,
  eptAccFor,
  gfnToGpa,
  gpaToGfn,
  isReadOnlyGfn,
  offsetInPage,
  type Registers,
  type Word,
} from '../machine/index.js';
import {
  BEGINNING,
  eptLimitsIn,
  eptpOf,
  type GuestContext,
  isModeBased,
  type Vcpu,
  type VirtualTlb,
  type Vmcs12,
} from '../state/index.js';
import { hasGlobals, isPagedIn, reaches, registersIn } from './formats.js';
import { entrySpansOf, spansOf } from './past.js';
import { type EptWay, pastEptWays } from './past-epts.js';
import { first, type PastWalk, type PlacedSpan, pastWalks, type Replaced } from './past-walks.js';
import { vtlbOf, type WatchedVm } from './watched-vm.js';
import {
  globalWindowOf,
  physicalWindowOf,
  type Window,
  type Windows,
  windowOf,
  windowsFrom,
} from './windows.js';

/** A translation that a processor may have made at some moment. */
export interface PastTranslation {
  /** Frame of L1's memory; 0 where the walk was blocked. */
  readonly gfn: number;
  /** Size of the guest's page, as the exponent of so many pages of 4 KiB. */
  readonly order: number;
  /** `ACC_*` bits and protection key of the guest's own tables. */
  readonly acc: number;
  /** `ACC_*` bits of its EPT; all of them without one. */
  readonly eptAcc: number;
  readonly hasEpt: boolean;
  /** Whether an entry let nothing through. */
  readonly isBlocked: boolean;
  /** The first of the entries it was made of that was replaced; null if it is what memory says. */
  readonly replaced: Replaced | null;
}

/** The aim of a search. */
export interface Search {
  readonly address: Word;
  /** Also what was to be dropped long ago, as far as it is remembered. */
  readonly everything: boolean;
  /** @returns Whether to stop. */
  visit(past: PastTranslation): boolean;
}

/**
 * Tells every translation of a page that may still be cached, roughly the newest first.
 *
 * @returns Whether `visit` stopped the search.
 * @throws {TooManyWalks} If there are too many to look at.
 */
export function pastTranslations(vm: WatchedVm, vcpu: Vcpu, search: Search): boolean {
  const vtlb = vtlbOf(vm, vcpu);
  const { page } = search.address;
  const roots = contextsOf(vtlb);
  for (const root of roots) {
    if (root.pcid !== vtlb.context.pcid) continue;
    const windowAt = windowsFrom((order) => windowOf(vtlb, root, page, order));
    const windows = search.everything ? always : windowAt;
    if (searchTables(vm, vcpu, { root, windows, search, globals: false })) return true;
  }
  return roots.filter(hasGlobals).some((root) => {
    const windowAt = windowsFrom((order) => globalWindowOf(vtlb, root, page, order));
    const windows = search.everything ? always : windowAt;
    return searchTables(vm, vcpu, { root, windows, search, globals: true });
  });
}

/**
 * The translations of a guest-physical page that the EPT in use may still have, newest first.
 *
 * @param linear Moment since which the linear translation that needs the page may be cached.
 */
export function physicalTranslations(
  vm: WatchedVm,
  vcpu: Vcpu,
  { gpaPage, window }: { gpaPage: number; window: Window },
): EptWay[] {
  const { oracle, memory } = vm;
  const vtlb = vtlbOf(vm, vcpu);
  const since =
    window === ALWAYS
      ? ALWAYS.page
      : physicalWindowOf(vtlb, vtlb.context, { gpaPage, linear: window.page });
  const eptp = eptpOf(vcpu.nested.currentVmcs as Vmcs12) as Word;
  const limits = eptLimitsIn(vm, vcpu);
  const spansAt = (gpa: number) => spansOf(oracle, memory, gpa);
  return pastEptWays({ spansAt, eptp, limits }, gpaPage, since.time);
}

const ALWAYS: Window = { page: { ...BEGINNING, time: -1 }, structures: { ...BEGINNING, time: -1 } };

const always: Windows = () => ALWAYS;

/** The guest's present context, then its past ones under the same VPID and EPT, however it read. */
function contextsOf({ vpids, context }: VirtualTlb): GuestContext[] {
  const known = vpids.get(context.vpid)?.contexts ?? [];
  return [
    context,
    ...known.filter((other) => other !== context && other.ep4ta === context.ep4ta).reverse(),
  ];
}

function searchTables(
  vm: WatchedVm,
  vcpu: Vcpu,
  within: { root: GuestContext; windows: Windows; search: Search; globals: boolean },
): boolean {
  const { root, windows, search, globals } = within;
  // The end of a walk is not known on its way, and a drop of a large page covers no less.
  const window = windows(0);
  const floor = floorOf(window);
  if (root.until <= floor) return false;
  const hasEpt = root.ep4ta !== -1;
  if (!mayHaveCached(root, search.address)) return false;
  const finish = (walk: PastWalk): boolean => {
    if (globals !== (walk.isGlobal && hasGlobals(root))) return false;
    const { kind, gfn, order, acc, replaced } = walk;
    const own = windows(order);
    if (root.until <= floorOf(own) || !mayBeCached(walk, own)) return false;
    if (kind === 'blocked' || !hasEpt) {
      const isBlocked = kind === 'blocked';
      const eptAcc = ACC_ALL;
      return search.visit({ gfn, order, acc, eptAcc, hasEpt: false, isBlocked, replaced });
    }
    const made = search.everything ? own : madeSince(own, walk);
    const isOfUser = (acc & ACC_USER) !== 0;
    return physicalTranslations(vm, vcpu, { gpaPage: gfn, window: made }).some((way) =>
      search.visit({
        gfn: way.gfn,
        order,
        acc,
        eptAcc: eptAccFor(way.acc, { isModeBased: isModeBased(vcpu), isOfUser }),
        hasEpt: true,
        isBlocked: false,
        replaced: first(replaced, way.replaced),
      }),
    );
  };
  if (!isPagedIn(root)) return finish(identity(search.address));
  const regs: Registers = registersIn(root, vcpu.regs);
  const entriesAt = (gpa: number, bytes: 4 | 8): PlacedSpan[] => {
    const entries: PlacedSpan[] = [];
    for (const { place, replaced } of placesOf(vm, vcpu, { gpa, window, hasEpt })) {
      for (const { value, from, end } of entrySpansOf(vm, place, bytes)) {
        if (end !== null && end.time <= floor) continue;
        entries.push({ value, from, end, gpa: place, eptReplaced: replaced });
      }
    }
    return entries;
  };
  const isFixed = (gpa: number) => isReadOnlyGfn(vm.memory, gpaToGfn(gpa));
  const tables = { entriesAt, isFixed, visit: finish };
  return pastWalks(tables, regs, search.address, vm.config.maxphyaddr);
}

/**
 * Whether a context may have left anything of an address behind: without paging only an EPT
 * translates, and outside long mode addresses have 32 bits.
 */
function mayHaveCached(root: GuestContext, { page }: Word): boolean {
  if (root.until === Number.POSITIVE_INFINITY) return true;
  return reaches(root, page) && (isPagedIn(root) || root.ep4ta !== -1);
}

/** Before this nothing of a translation can have been cached that still is. */
function floorOf({ page, structures }: Window): number {
  return Math.min(page.time, structures.time);
}

/**
 * Whether a translation with such a life may be cached: made since it was dropped itself, with
 * entries above it that are no older than their caches; or made before those caches were dropped.
 *
 * The entry that maps a page is in no paging-structure cache: it was in memory at that moment.
 */
function mayBeCached(walk: PastWalk, { page, structures }: Window): boolean {
  const { from, until, upperUntil } = walk;
  const since = Math.max(page.time, structures.time);
  if (until > since && upperUntil > structures.time) return true;
  const wasThere = until > page.time && upperUntil > page.time;
  return page.time < structures.time && wasThere && from < structures.time;
}

/** A combined mapping is no older than the youngest of the guest's entries that it was made of. */
function madeSince(window: Window, { from }: PastWalk): Window {
  return from <= window.page.time ? window : { ...window, page: { ...window.page, time: from } };
}

/** Places in L1's memory where a table entry may have been found. */
function placesOf(
  vm: WatchedVm,
  vcpu: Vcpu,
  { gpa, window, hasEpt }: { gpa: number; window: Window; hasEpt: boolean },
): { place: number; replaced: Replaced | null }[] {
  if (!hasEpt) return [{ place: gpa, replaced: null }];
  const gpaPage = gpaToGfn(gpa);
  return physicalTranslations(vm, vcpu, { gpaPage, window }).map(({ gfn, replaced }) => ({
    place: gfnToGpa(gfn) + offsetInPage(gpa),
    replaced,
  }));
}

function identity({ page }: Word): PastWalk {
  return {
    kind: 'mapped',
    gfn: page % 2 ** 40,
    order: 0,
    acc: ACC_ALL,
    isGlobal: false,
    from: 0,
    until: Number.POSITIVE_INFINITY,
    upperUntil: Number.POSITIVE_INFINITY,
    replaced: null,
  };
}
