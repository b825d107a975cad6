import { isSameWord, type Mmu, rootAt } from '../../mmu/index.js';
import { CURRENT } from '../../mmu/schema/index.js';
import { endBy, isHeldIn, MOVED, REWOUND } from './ends.js';
import type { Happenings } from './happenings.js';
import type { SlotsLook } from './look.js';
import type { ToldEvent } from './told.js';
import { isSameRoot, type Root, type Roots } from './values.js';

/**
 * An event gave an MMU another current root. It is followed from event to event, because an entry and
 * a switch may be parts of one command; the other slots are looked at behind it.
 *
 * @param value Null if the MMU has none until the next load.
 */
export function setCurrent(
  into: Happenings,
  slots: SlotsLook,
  seq: number,
  value: Root | null,
): void {
  const was = slots.held[0] ?? null;
  if (isSameRoot(was, value)) return;
  slots.held[0] = value;
  slots.told = into.addRoot(seq, slots.code, value, was === null ? 0 : MOVED);
  slots.told.was = was;
}

/** The place behind the events of a command, or where a VM was taken back. */
export interface Behind {
  readonly roots: Roots;
  /** Events of the command, those of other vCPUs among them; null where the VM was taken back. */
  readonly events: readonly ToldEvent[] | null;
}

/** Looks at the slots of an MMU behind a command. @param seq Newest record of the vCPU. */
export function settleSlots(
  into: Happenings,
  slots: SlotsLook,
  mmu: Mmu,
  seq: number,
  behind: Behind,
): void {
  if (!holdsAsBefore(slots, mmu)) moveSlots(into, slots, mmu, slots.named || seq, behind);
  if (slots.told !== null && behind.events !== null) tellFates(into, slots, behind.events);
}

/** Whether the slots hold what they held. Most commands leave them alone. */
function holdsAsBefore({ held }: SlotsLook, mmu: Mmu): boolean {
  for (let place = 0; place < held.length; place += 1) {
    if (!isHeld(held[place] ?? null, mmu, place)) return false;
  }
  return true;
}

/** Whether a slot holds a root, as it is marked, or none. */
function isHeld(seen: Root | null, mmu: Mmu, place: number): boolean {
  const root = rootAt(mmu, place + CURRENT);
  if (root === null || seen === null) return root === seen;
  return (
    root.hpa === seen.hpa && isSameWord(root.pgd, seen.pgd) && isMarked(mmu, place) === seen.marked
  );
}

function moveSlots(
  into: Happenings,
  slots: SlotsLook,
  mmu: Mmu,
  seq: number,
  { roots, events }: Behind,
): void {
  const { held, before } = slots;
  for (let place = 0; place < held.length; place += 1) before[place] = held[place] ?? null;
  for (let place = 0; place < held.length; place += 1)
    held[place] = rootIn(slots, mmu, place, roots);
  for (let place = 0; place < held.length; place += 1) {
    const root = held[place] ?? null;
    const was = before[place] ?? null;
    if (isSameRoot(was, root)) continue;
    const told = place === 0 ? slots.told : null;
    // The event that gave the root did not know what it owes, nor the pgd of a direct one.
    if (told !== null && was !== null && was.hpa === root?.hpa) {
      told.root = root;
      continue;
    }
    const end = was === null ? 0 : events === null ? REWOUND : endBy(was, slots, events);
    into.addRoot(seq, slots.code + place, root, end);
  }
}

/** The root in a slot, which mostly is one that the MMU held before: in a rotation, one place up. */
function rootIn({ before }: SlotsLook, mmu: Mmu, place: number, roots: Roots): Root | null {
  const root = rootAt(mmu, place + CURRENT);
  if (root === null) return null;
  const beside = before[place - 1] ?? null;
  if (isHeld(beside, mmu, place)) return beside;
  for (const seen of before) if (isHeld(seen, mmu, place)) return seen;
  return roots.of(root.pgd, root.hpa, isMarked(mmu, place));
}

/** Tells the fate of roots that were current within a command, and that no slot holds behind it. */
function tellFates(into: Happenings, slots: SlotsLook, events: readonly ToldEvent[]): void {
  for (let place = 0; place < into.count; place += 1) {
    const one = into.at(place);
    if (one.was === null || one.code !== slots.code || isHeldIn(slots, one.was)) continue;
    one.end = endBy(one.was, slots, events);
  }
}

function isMarked(mmu: Mmu, place: number): boolean {
  const root = mmu.slots[place];
  return root !== undefined && (root.syncDue || root.flushDue || mmu.slotMarks[place] === true);
}
