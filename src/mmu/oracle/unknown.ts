import {
  type GuestMemory,
  gfnToGpa,
  isVisibleGfn,
  offsetInPage,
  readWord,
} from '../machine/index.js';
import type { Forgotten, Oracle, VirtualTlb } from '../state/index.js';
import { mayMapGlobally, type Place, placesOf } from './entry-bits.js';
import { hasGlobals } from './formats.js';
import { TABLES_MAX } from './past.js';
import { rootsForgotten } from './windows.js';

/** The part of a VM in which entries are found. */
interface Entries {
  readonly oracle: Oracle;
  readonly memory: GuestMemory;
}

/** Bounds of a search for past translations of a page: there may be others. */
export interface Unknown {
  /** Time up to which something may be forgotten that a walk to the page used; 0 if nothing is. */
  readonly until: number;
  /** Whether any of it, or anything below it, can have made a global page since a time. */
  mayBeGlobal(since: number): boolean;
}

/**
 * Tells what is not known any more of the ways to a linear page: contexts that were too many, and
 * values that were too many of the entries which such an address meets.
 *
 * @param vtlb Tags under which the guest runs now: its VPID, and whether it has an EPT.
 */
export function unknownOf(vm: Entries, vtlb: VirtualTlb, page: number): Unknown {
  const places = placesOf(page);
  const contexts = rootsForgotten(vtlb, vtlb.context);
  // Entries of an EPT are met by guest-physical addresses, so that any may be on the way.
  const isAnywhere = vtlb.context.ep4ta !== -1;
  const { forgotten } = forgottenAt(vm.oracle, isAnywhere ? null : places);
  return {
    until: Math.max(contexts, forgotten),
    mayBeGlobal: (since) =>
      (contexts > since || hadGlobals(vtlb)) && isMappedGlobally(vm, places, since),
  };
}

/** Times up to which values may be forgotten: of words at some places of a table, or of any. */
function forgottenAt(oracle: Oracle, places: readonly Place[] | null): Forgotten {
  let { forgotten, globalsForgotten } = oracle;
  const indices = new Set(places?.map(({ index }) => index));
  for (const [gpa, word] of oracle.past) {
    if (word.forgotten === 0) continue;
    if (places !== null && !indices.has(offsetInPage(gpa) / 8)) continue;
    forgotten = Math.max(forgotten, word.forgotten);
    globalsForgotten = Math.max(globalsForgotten, word.globalsForgotten);
  }
  return { forgotten, globalsForgotten };
}

/** Whether CR4.PGE was set in a context of the VPID that is known. */
function hadGlobals({ vpids, context }: VirtualTlb): boolean {
  return (vpids.get(context.vpid)?.contexts ?? [context]).some(hasGlobals);
}

/** Whether an entry of any table at one of the places maps a global page, or did since a time. */
function isMappedGlobally(vm: Entries, places: readonly Place[], since: number): boolean {
  const { tables } = vm.oracle;
  if (tables.size >= TABLES_MAX) return true;
  if (forgottenAt(vm.oracle, places).globalsForgotten > since) return true;
  for (const table of tables) {
    if (places.some((place) => isGlobalAt(vm, table, place, since))) return true;
  }
  return false;
}

function isGlobalAt(
  { oracle, memory }: Entries,
  table: number,
  { index, maps }: Place,
  since: number,
): boolean {
  const gpa = gfnToGpa(table) + index * 8;
  if (isVisibleGfn(memory, table) && mayMapGlobally(readWord(memory, gpa), maps)) return true;
  const values = oracle.past.get(gpa)?.values ?? [];
  return values.some(({ value, until }) => until.time > since && mayMapGlobally(value, maps));
}
