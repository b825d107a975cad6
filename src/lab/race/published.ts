import { CURRENT, type MmuEventOf, RequestName } from '../../mmu/schema/index.js';
import type { RaceCounters } from './counters.js';

/**
 * A MOV to CR3 for which the guest has left: whether it could have stayed, had KVM published its
 * newest roots to code that switches for the guest. Entries are the current root and the slots after
 * it, in their order; none but cached roots are published, because KVM invalidates no others.
 */
export interface Cr3Load {
  isOpen: boolean;
  /** Place of the root that was found, 0 for the current one; null before the switch of root. */
  place: number | typeof MISSED | null;
  /** A flush or a sync was asked for, which no published root gives. */
  isHeld: boolean;
}

/** No slot has the root. */
export const MISSED = 'missed';

export function createCr3Load(): Cr3Load {
  return { isOpen: false, place: null, isHeld: false };
}

/** The guest leaves. */
export function beginLoad(load: Cr3Load): void {
  load.isOpen = true;
  load.place = null;
  load.isHeld = false;
}

/** The switch found its root in a slot, or in none. */
export function switched(load: Cr3Load, slot: number | typeof MISSED): void {
  if (!load.isOpen || load.place !== null) return;
  if (slot === MISSED) load.place = MISSED;
  else load.place = slot === CURRENT ? 0 : slot + 1;
}

type Request = Pick<MmuEventOf<'request-made'>, 'request'>;

/** Requests for a flush or a sync. */
const HOLDING: ReadonlySet<string> = new Set(
  RequestName.options.filter((name) => name === 'MMU_SYNC' || name.includes('TLB_FLUSH')),
);

/** A request was made or serviced: of those between exit and entry, some hold the load. */
export function askedDuring(load: Cr3Load, { request }: Request): void {
  if (load.isOpen && HOLDING.has(request)) load.isHeld = true;
}

/** The command has ended. @returns Whether the guest had left for MOV to CR3. */
export function countCr3Exit(load: Cr3Load, { cr3Exits }: RaceCounters): boolean {
  if (!load.isOpen) return false;
  load.isOpen = false;
  if (load.place === null) cr3Exits.other += 1;
  else if (load.place === MISSED) cr3Exits.miss += 1;
  else countHit(load.place, load, cr3Exits);
  return true;
}

function countHit(found: number, { isHeld }: Cr3Load, cr3Exits: RaceCounters['cr3Exits']): void {
  cr3Exits.hit += 1;
  if (isHeld) {
    cr3Exits.held += 1;
    return;
  }
  for (let place = found; place < cr3Exits.served.length; place += 1) {
    cr3Exits.served[place] = (cr3Exits.served[place] ?? 0) + 1;
  }
}

/** Entries that a sentence tells of, at most. */
const ENTRIES_SHOWN = 8;

/** A sentence on what published roots would have spared; null where no MOV to CR3 left the guest. */
export function publishedText({ cr3Exits }: RaceCounters): string | null {
  const { hit, miss, other, served, held } = cr3Exits;
  const exits = hit + miss + other;
  if (exits === 0) return null;
  const percent = (count: number) => ((100 * count) / exits).toFixed(1);
  const shown = served.slice(0, ENTRIES_SHOWN);
  const entries = shown.length === 1 ? '1 entry' : `1 to ${shown.length} entries`;
  return (
    `Published roots would have spared ${shown.map(percent).join(', ')} % of ${exits} exits for ` +
    `MOV CR3 with ${entries}; ${percent(held)} % found their root and asked for a flush or a sync.`
  );
}
