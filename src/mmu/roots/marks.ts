import {
  ALL_DUES,
  type Dues,
  FLUSH_DUE,
  NO_DUES,
  type Policy,
  SYNC_DUE,
} from '../policies/index.js';
import type { RootCause } from '../schema/index.js';
import { seam } from '../seam.js';
import {
  type Emit,
  type Mmu,
  type RootInfo,
  recordAt,
  rootAt,
  type Vcpu,
  type Vm,
} from '../state/index.js';

/**
 * Records that a root owes a sync and a flush before it is used again.
 *
 * @param slot `CURRENT` or an index into `prevRoots`; an empty slot is left alone.
 */
export const markRoot = seam(function markRoot(
  vm: Vm,
  vcpu: Vcpu,
  mmu: Mmu,
  { slot, cause }: { slot: number; cause: RootCause },
  emit: Emit,
): void {
  const { policy } = vm;
  const root = rootAt(mmu, slot);
  if (root === null) return;
  if (policy.marksLive === 'beside-slots') mmu.slotMarks[slot + 1] = true;
  const withRoot = policy.marksLive === 'with-root';
  root.syncDue = withRoot;
  root.flushDue = withRoot;
  vcpu.counters.marked += 1;
  const { pgd, hpa } = root;
  emit?.(vcpu, { kind: 'root-marked-unsync', mmu: mmu.name, slot, pgd, hpa, cause });
});

/** The dues of the root in a slot. @param slot {@link CURRENT} or an index; not an empty slot. */
export function duesOf(mmu: Mmu, slot: number): Dues {
  if (mmu.slotMarks.length > 0) return mmu.slotMarks[slot + 1] === true ? ALL_DUES : NO_DUES;
  const root = recordAt(mmu, slot);
  return (root.syncDue ? SYNC_DUE : NO_DUES) | (root.flushDue ? FLUSH_DUE : NO_DUES);
}

/** Forgets marks as the mails do: when the request is raised, whichever root is then synced. */
export function forgetRaised({ forgetsMark }: Policy, root: RootInfo): void {
  if (forgetsMark === 'when-raised') clearMarks(root);
}

export function clearMarks(root: RootInfo): void {
  root.syncDue = false;
  root.flushDue = false;
}

/**
 * Moves the marks beside the slots as the posted snippet does in its swap chain: the current
 * root's mark goes to the front, and the found root's mark comes out and is not stored back.
 *
 * @param last The slot at which the chain stops.
 */
export function swapMarks({ slotMarks }: Mmu, last: number): void {
  if (slotMarks.length === 0) return;
  for (let i = last + 1; i > 0; i -= 1) slotMarks[i] = slotMarks[i - 1] === true;
}
