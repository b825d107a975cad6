import { allowedStateOf, type Vm } from '../../../../src/mmu/index.js';
import { isWatched, type WatchedVm } from '../../../../src/mmu/oracle/index.js';
import type { CachedEntry, CellAttempt } from '../../attempt/cell.js';
import { hexOf } from '../../attempt/hex.js';
import type { Difference } from '../difference.js';
import { stateOf } from '../machine.js';
import { SetupFailed } from '../setup-failed.js';
import {
  EPT_LEAF_FLAGS,
  EPT_TABLE_FLAGS,
  GLOBAL_FLAG,
  type Layout,
  LEAF_FLAGS,
  layOut,
  type Places,
  TABLE_FLAGS,
  TEST_PAGES,
  type TestPage,
} from './layout.js';
import { currentVpidOf, positionFor, positionOf } from './positions.js';
import { type Standpoint, seenFrom, standpointOf } from './standpoint.js';
import {
  goTo,
  isInL2,
  type Position,
  readAt,
  startGuests,
  store,
  type TwoGuests,
} from './two-guests.js';
import { actionFor } from './ways.js';

/**
 * Tries a cell. The entry is cached by a real access; then the place that it came from is changed
 * in memory, and the invalidation is made. Whether the entry may still be used is asked of the
 * oracle at once, and again where the entry would be used, if the way there drops nothing; and the
 * model itself makes that use.
 *
 * @throws {SetupFailed} If the model does not let the entry be cached.
 */
export function* cellDifferences(attempt: CellAttempt): Iterable<Difference> {
  const { paging, entry, where, way, mustGo } = attempt;
  const invalidation = actionFor(way);
  const position = positionOf(entry, currentVpidOf(where));
  const layout = layOut();
  const cached = cachedIn(layout, entry, position);
  const guests = startGuests(paging, layout);

  goTo(guests, position);
  mustRead(guests, cached.page);
  const standpoint = standpointIn(guests);
  goTo(guests, positionFor(where));
  invalidation.prepare?.(guests);
  replaceEntry(guests, cached);
  const before = askFrom(guests, standpoint, cached.page.gva, cached.page.frames.old);
  if (before !== 'allowed') {
    throw new SetupFailed(`use of the entry ${before} before the invalidation`);
  }

  invalidation.act(guests);
  const use = prepareUse(guests, cached);
  const wanted = mustGo ? 'refused' : 'allowed';
  yield* differ('use', wanted, askFrom(guests, standpoint, use.gva, use.frame));

  const isNeutral = dropsNothing(guests, position);
  invalidation.restore?.(guests);
  goTo(guests, position);
  if (mustGo || isNeutral) {
    const answer = askFrom(guests, standpointIn(guests), use.gva, use.frame);
    yield* differ('later use', wanted, answer);
  }
  yield* tryUse(guests, cached, { gva: use.gva, gone: mustGo ? use.frame : null });
}

/** The entries that a cached entry came from, and the page that they lead to. */
interface Cached {
  readonly entry: CachedEntry;
  readonly page: TestPage;
  /** In the tables of the guest that uses it. */
  readonly guest: Places;
  /** Entries from which the cached one came: those, or the EPT's. */
  readonly source: Places;
  readonly leafFlags: bigint;
  readonly tableFlags: bigint;
}

function cachedIn(layout: Layout, entry: CachedEntry, position: Position): Cached {
  const { guest: name, pcid, ept } = position;
  const page = TEST_PAGES[entry.page];
  const guest = layout.guestPlaces(name, pcid, entry.page);
  const leafFlags = entry.glob === 1 ? LEAF_FLAGS | GLOBAL_FLAG : LEAF_FLAGS;
  layout.memory.set(guest.leaf, page.frames.old | leafFlags);
  if (entry.kind === 'guest-physical' && ept !== 0) {
    const source = layout.eptPlaces(ept, entry.page);
    const flags = { leafFlags: EPT_LEAF_FLAGS, tableFlags: EPT_TABLE_FLAGS };
    return { entry, page, guest, source, ...flags };
  }
  return { entry, page, guest, source: guest, leafFlags, tableFlags: TABLE_FLAGS };
}

/** Changes memory, so that it no longer says what was cached. */
function replaceEntry(guests: TwoGuests, { entry, page, source, ...flags }: Cached): void {
  if (entry.psc === 1) store(guests, source.upper, source.otherTable | flags.tableFlags);
  else store(guests, source.leaf, page.frames.fresh | flags.leafFlags);
}

/**
 * A use that only the cached entry makes possible. An upper entry alone leads to what the table
 * below it holds since; a guest-physical mapping alone serves a linear page that was not mapped.
 */
function prepareUse(
  guests: TwoGuests,
  { entry, page, guest, source, leafFlags }: Cached,
): { gva: bigint; frame: bigint } {
  const { old, third } = page.frames;
  if (entry.psc === 1) store(guests, source.leaf, third | leafFlags);
  const frame = entry.psc === 1 ? third : old;
  if (entry.kind !== 'guest-physical') return { gva: page.gva, frame };
  store(guests, guest.alias, old | LEAF_FLAGS);
  return { gva: page.alias, frame };
}

/** Whether the way to a position leaves alone what is tagged like it: VPID 0 is dropped on some. */
function dropsNothing({ machine }: TwoGuests, { guest, vpid }: Position): boolean {
  if (vpid !== 0) return true;
  return guest === 'l1' && !(isInL2(machine) && stateOf(machine).nested.vpid === null);
}

/** The model makes the use itself: it may never be wrong, and must be right where nothing is left. */
function* tryUse(
  guests: TwoGuests,
  { page }: Cached,
  { gva, gone }: { gva: bigint; gone: bigint | null },
): Iterable<Difference> {
  const value = readAt(guests, gva);
  const wanted = Object.values(page.frames).filter((frame) => frame !== gone);
  if (value === null || !wanted.includes(value)) {
    yield {
      expected: wanted.map(hexOf).join(' or '),
      came: value === null ? 'none' : hexOf(value),
    };
  }
  for (const event of guests.machine.events) {
    if (event.kind === 'violation') yield { expected: 'no violation', came: event.message };
  }
}

function mustRead(guests: TwoGuests, { gva, frames }: TestPage): void {
  const value = readAt(guests, gva);
  if (value !== frames.old) throw new SetupFailed(`the first read gave ${value}`);
}

function standpointIn({ machine: { vm, vcpu } }: TwoGuests): Standpoint {
  return standpointOf(watched(vm), vcpu);
}

/** The oracle's answer about a read; `undecided` if it does not know all that is allowed. */
type Answer = 'allowed' | 'refused' | 'undecided';

function askFrom(guests: TwoGuests, standpoint: Standpoint, gva: bigint, frame: bigint): Answer {
  const { vm, vcpu } = guests.machine;
  const seen = seenFrom(watched(vm), vcpu, standpoint);
  const address = { page: Number(gva >> 12n), low: Number(gva & 0xfffn) };
  const { translations, complete } = allowedStateOf(seen.vm, seen.vcpu, address);
  const isAllowed = translations.some(
    ({ gpa, rights, ept }) => gpa === Number(frame) && rights.read && (ept === null || ept.read),
  );
  if (isAllowed) return 'allowed';
  return complete ? 'refused' : 'undecided';
}

function watched(vm: Vm): WatchedVm {
  if (!isWatched(vm)) throw new SetupFailed('the VM has no oracle');
  return vm;
}

function* differ(what: string, wanted: Answer, came: Answer): Iterable<Difference> {
  if (wanted !== came) yield { expected: `${what} ${wanted}`, came: `${what} ${came}` };
}
