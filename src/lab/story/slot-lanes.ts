import { isSameWord, type Mmu, prevRootCount, rootAt } from '../../mmu/index.js';
import { CURRENT } from '../../mmu/schema/index.js';
import { type Departures, endBy, endCode } from './ends.js';
import { CODES_PER_VCPU, rootCode, slotOf } from './lanes.js';
import type { LaneChange, VcpuLook } from './look.js';
import type { ToldEvent } from './told.js';
import type { Root, Roots } from './values.js';

const MOVED = endCode({ end: 'moved', cause: null });

/**
 * Follows the current root from event to event, because an entry and a switch may be parts of one
 * command. The other slots are looked at behind it.
 */
export function switchCurrent(
  changes: LaneChange[],
  { look, roots, told }: { look: VcpuLook; roots: Roots; told: ToldEvent },
): void {
  const { seq, event } = told;
  switch (event.kind) {
    case 'root-missed':
      setCurrent(changes, { look, mmu: event.mmu, seq, value: null });
      break;
    case 'root-reused': {
      const held = look.slots[event.mmu].find((root) => root?.hpa === event.hpa);
      const value = held ?? roots.of(event.pgd, event.hpa, false);
      setCurrent(changes, { look, mmu: event.mmu, seq, value });
      break;
    }
    case 'root-allocated': {
      const value = roots.of(event.pgd, event.hpa, false);
      setCurrent(changes, { look, mmu: event.mmu, seq, value });
      break;
    }
    default:
  }
}

/** Tells the fate of roots that were current within a command, and that no slot holds behind it. */
export function tellFates(changes: readonly LaneChange[], departures: Departures): void {
  const { vcpu, mmu, after } = departures;
  for (const change of changes) {
    const { was, code } = change;
    if (was === undefined || Math.floor(code / CODES_PER_VCPU) !== vcpu) continue;
    if (slotOf(code % CODES_PER_VCPU).mmu !== mmu) continue;
    if (!after.includes(was)) change.end = endCode(endBy(was, departures));
  }
}

interface CurrentSet {
  readonly look: VcpuLook;
  readonly mmu: 'root' | 'guest';
  readonly seq: number;
  readonly value: Root | null;
}

function setCurrent(changes: LaneChange[], { look, mmu, seq, value }: CurrentSet): void {
  const was = look.slots[mmu][0] ?? null;
  if (was === value) return;
  look.slots[mmu][0] = value;
  const code = look.index * CODES_PER_VCPU + rootCode(mmu, CURRENT);
  changes.push(was === null ? { seq, code, value, end: 0 } : { seq, code, value, end: MOVED, was });
}

/** Whether the slots hold what they held. Most commands leave them alone. */
export function holdsAsBefore({ slots }: VcpuLook, mmu: Mmu): boolean {
  const before = slots[mmu.name];
  for (let place = 0; place < before.length; place += 1) {
    const seen = before[place] ?? null;
    const root = rootAt(mmu, place - 1);
    if (root === null || seen === null) {
      if (root !== seen) return false;
    } else if (
      root.hpa !== seen.hpa ||
      !isSameWord(root.pgd, seen.pgd) ||
      isMarked(mmu, place) !== seen.marked
    ) {
      return false;
    }
  }
  return true;
}

export interface SlotsToFollow {
  readonly look: VcpuLook;
  readonly mmu: Mmu;
  readonly roots: Roots;
  readonly seq: number;
  /** Events of the command; null where the VM was taken back. */
  readonly events: readonly ToldEvent[] | null;
}

export function settleSlots(
  changes: LaneChange[],
  { look, mmu, roots, seq, events }: SlotsToFollow,
): void {
  const before = look.slots[mmu.name];
  const after = heldBy(mmu, roots);
  for (let place = 0; place < after.length; place += 1) {
    const value = after[place] ?? null;
    const was = before[place] ?? null;
    if (was === value) continue;
    before[place] = value;
    const code = look.index * CODES_PER_VCPU + rootCode(mmu.name, place + CURRENT);
    const told = changes.findLast((change) => change.code === code);
    // The event that gave the root did not know what it owes, nor the pgd of a direct one.
    if (told !== undefined && was !== null && was.hpa === value?.hpa) {
      told.value = value;
      continue;
    }
    const end =
      events === null
        ? REWOUND
        : was && endBy(was, { vcpu: look.index, mmu: mmu.name, events, after });
    changes.push({ seq, code, value, end: was === null ? 0 : endCode(end) });
  }
}

/** Contents of the slots, the current root first. */
function heldBy(mmu: Mmu, roots: Roots): (Root | null)[] {
  const held: (Root | null)[] = [];
  for (let place = 0; place <= prevRootCount(mmu); place += 1) {
    const root = rootAt(mmu, place + CURRENT);
    held.push(root === null ? null : roots.of(root.pgd, root.hpa, isMarked(mmu, place)));
  }
  return held;
}

const REWOUND = { end: 'rewound', cause: null } as const;

function isMarked(mmu: Mmu, place: number): boolean {
  const root = mmu.slots[place];
  return root !== undefined && (root.syncDue || root.flushDue || mmu.slotMarks[place] === true);
}
