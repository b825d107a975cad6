import { CURRENT, type MmuEventOf } from '../../mmu/schema/index.js';
import type { RaceCounters } from './counters.js';

/**
 * A MOV to CR3 for which the guest has left: whether it could have stayed, had KVM published its
 * newest roots to code that switches for the guest. Entries are the current root and the slots after
 * it, in their order; none but cached roots are published, because KVM invalidates no others.
 */
export interface Cr3Load {
  isOpen: boolean;
  /** Place of the root that was found, 0 for the current one; -1 for none. */
  place: number;
  /** A flush or a sync was asked for, which no published root gives. */
  isHeld: boolean;
}

export function createCr3Load(): Cr3Load {
  return { isOpen: false, place: -1, isHeld: false };
}

/** The guest leaves. */
export function beginLoad(load: Cr3Load): void {
  load.isOpen = true;
  load.place = -1;
  load.isHeld = false;
}

/** The switch found its root in the current slot, or in a previous one. */
export function foundAt(load: Cr3Load, slot: number): void {
  load.place = slot === CURRENT ? 0 : slot + 1;
}

type Request = Pick<MmuEventOf<'request-made'>, 'request'>;

/** A request was made or serviced: of those between exit and entry, some hold the load. */
export function askedDuring(load: Cr3Load, { request }: Request): void {
  if (request === 'MMU_SYNC' || request.includes('TLB_FLUSH')) load.isHeld = true;
}

/** The command has ended. */
export function countServed(load: Cr3Load, { cr3Exits }: RaceCounters): void {
  if (!load.isOpen) return;
  load.isOpen = false;
  if (load.place < 0) return;
  if (load.isHeld) {
    cr3Exits.held += 1;
    return;
  }
  for (let place = load.place; place < cr3Exits.served.length; place += 1) {
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
