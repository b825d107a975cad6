import { allowedStateOf, type Vm } from '../../../src/mmu/index.js';
import { isWatched, type WatchedVm } from '../../../src/mmu/oracle/index.js';
import type { ArchitectureCase } from '../case.js';
import type { Difference } from '../checks.js';
import { stateOf } from '../machine.js';
import { SetupFailed } from '../prepare.js';
import { hexOf, refuseOthers, textOf, Unreadable } from '../reading.js';
import { type CachedEntry, cachedEntryOf, positionOf } from './cached-entry.js';
import { currentVpidOf, type Invalidation, invalidationsOf, positionFor } from './invalidations.js';
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
import { type Standpoint, seenFrom, standpointOf } from './standpoint.js';
import { goTo, isInL2, type Position, readAt, type Scene, startScene, store } from './travel.js';

const SETUP_KEYS = ['cached_entry', 'label', 'note'];

/**
 * A cell of the table that says what each invalidation must drop. The entry is cached by a real
 * access; then what it came from is changed in memory, and the invalidation is made. Whether the
 * entry may still be used is asked of the oracle at once, and again where the entry would be used,
 * if the way there drops nothing; and the model itself makes that use.
 *
 * @throws {Unreadable} If the case says something without a rule.
 */
export function* judgeRule({ setup, args, expect }: ArchitectureCase): Iterable<Difference> {
  refuseOthers(setup, SETUP_KEYS, 'setup key');
  refuseOthers(args, ['by'], 'argument');
  refuseOthers(expect, ['required', 'note'], 'expectation');
  const entry = cachedEntryOf(setup.cached_entry);
  const mustGo = isRequired(expect.required);
  let staged = 0;
  for (const invalidation of invalidationsOf(textOf(args.by))) {
    for (const paging of pagingsFor(entry, invalidation)) {
      staged += 1;
      const stage = { paging, entry, invalidation, mustGo };
      for (const { expected, came } of tryCell(stage)) {
        yield { expected, came: `${paging}, ${invalidation.label}: ${came}` };
      }
    }
  }
  if (staged === 0) throw new Unreadable(`${args.by} with such an entry`);
}

function isRequired(value: unknown): boolean {
  if (value !== 'must_invalidate' && value !== 'may_keep') {
    throw new Unreadable(`required "${value}"`);
  }
  return value === 'must_invalidate';
}

/**
 * How KVM may run the guests of a cell; none if the cell cannot be there. L1 alone has no
 * mapping of another kind than linear, and none under VPID 0 that is not the current one.
 */
function pagingsFor(
  { kind, vpid }: CachedEntry,
  { where, needsEpt }: Invalidation,
): readonly ('shadow' | 'ept')[] {
  if (where === 'alone' && (kind !== 'linear' || vpid === 'zero')) return [];
  if (needsEpt === true || where === 'l2-ept' || where === 'l2-ept-without-vpid') return ['ept'];
  if (kind === 'linear') return ['shadow', 'ept'];
  return where === 'l2' ? [] : ['ept'];
}

interface Cell {
  readonly paging: 'shadow' | 'ept';
  readonly entry: CachedEntry;
  readonly invalidation: Invalidation;
  readonly mustGo: boolean;
}

function* tryCell({ paging, entry, invalidation, mustGo }: Cell): Iterable<Difference> {
  const { where } = invalidation;
  const position = positionOf(entry, currentVpidOf(where));
  const layout = layOut();
  const cached = cachedIn(layout, entry, position);
  const scene = startScene(paging, layout);

  goTo(scene, position);
  mustRead(scene, cached.page);
  const standpoint = standpointIn(scene);
  goTo(scene, positionFor(where));
  invalidation.prepare?.(scene);
  replaceEntry(scene, cached);
  const before = askFrom(scene, standpoint, cached.page.gva, cached.page.frames.old);
  if (before !== 'allowed') {
    throw new SetupFailed(`use of the entry ${before} before the invalidation`);
  }

  invalidation.act(scene);
  const use = prepareUse(scene, cached);
  const wanted = mustGo ? 'refused' : 'allowed';
  yield* differ('use', wanted, askFrom(scene, standpoint, use.gva, use.frame));

  const isNeutral = dropsNothing(scene, position);
  invalidation.restore?.(scene);
  goTo(scene, position);
  if (mustGo || isNeutral) {
    const answer = askFrom(scene, standpointIn(scene), use.gva, use.frame);
    yield* differ('later use', wanted, answer);
  }
  yield* tryUse(scene, cached, { gva: use.gva, gone: mustGo ? use.frame : null });
}

/** The entries that a cached entry came from, and the page that they lead to. */
interface Cached {
  readonly entry: CachedEntry;
  readonly page: TestPage;
  /** In the tables of the guest that uses it. */
  readonly guest: Places;
  /** Where the entry itself came from: those, or the EPT's. */
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

/** What was cached is no longer what memory says. */
function replaceEntry(scene: Scene, { entry, page, source, ...flags }: Cached): void {
  if (entry.psc === 1) store(scene, source.upper, source.otherTable | flags.tableFlags);
  else store(scene, source.leaf, page.frames.fresh | flags.leafFlags);
}

/**
 * A use that only the cached entry makes possible. An upper entry alone leads to what the table
 * below it holds since; a guest-physical mapping alone serves a linear page that was not mapped.
 */
function prepareUse(
  scene: Scene,
  { entry, page, guest, source, leafFlags }: Cached,
): { gva: bigint; frame: bigint } {
  const { old, third } = page.frames;
  if (entry.psc === 1) store(scene, source.leaf, third | leafFlags);
  const frame = entry.psc === 1 ? third : old;
  if (entry.kind !== 'guest-physical') return { gva: page.gva, frame };
  store(scene, guest.alias, old | LEAF_FLAGS);
  return { gva: page.alias, frame };
}

/** Whether the way to a position leaves alone what is tagged like it: VPID 0 is dropped on some. */
function dropsNothing({ machine }: Scene, { guest, vpid }: Position): boolean {
  if (vpid !== 0) return true;
  return guest === 'l1' && !(isInL2(machine) && stateOf(machine).nested.vpid === null);
}

/** The model makes the use itself: it may never be wrong, and must be right where nothing is left. */
function* tryUse(
  scene: Scene,
  { page }: Cached,
  { gva, gone }: { gva: bigint; gone: bigint | null },
): Iterable<Difference> {
  const value = readAt(scene, gva);
  const wanted = Object.values(page.frames).filter((frame) => frame !== gone);
  if (value === null || !wanted.includes(value)) {
    yield {
      expected: wanted.map(hexOf).join(' or '),
      came: value === null ? 'none' : hexOf(value),
    };
  }
  for (const event of scene.machine.events) {
    if (event.kind === 'violation') yield { expected: 'no violation', came: event.message };
  }
}

function mustRead(scene: Scene, { gva, frames }: TestPage): void {
  const value = readAt(scene, gva);
  if (value !== frames.old) throw new SetupFailed(`the first read gave ${value}`);
}

function standpointIn({ machine: { vm, vcpu } }: Scene): Standpoint {
  return standpointOf(watched(vm), vcpu);
}

/** What the oracle says of a read; `undecided` if it does not know all that is allowed. */
type Answer = 'allowed' | 'refused' | 'undecided';

function askFrom(scene: Scene, standpoint: Standpoint, gva: bigint, frame: bigint): Answer {
  const { vm, vcpu } = scene.machine;
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
