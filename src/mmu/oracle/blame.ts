import type { AccessKind, Word } from '../machine/index.js';
import { gfnToGpa, isVisibleGfn } from '../machine/index.js';
import { ALLOWED_MAX, described, type MmuEventOf } from '../schema/index.js';
import type { Heard, Moment, Trail, Vcpu } from '../state/index.js';
import { type Replaced, TooManyWalks } from './past-walks.js';
import { pastTranslations } from './translations.js';
import { vtlbOf, type WatchedVm } from './watched-vm.js';
import { windowOf } from './windows.js';

type Violation = MmuEventOf<'violation'>;

/** A right that never was has no write that ended it, and no invalidation that should have. */
const NOBODY = { write: null, invalidation: null, survival: null } as const;

/** A translation or a fault that a guest should not have got. */
export interface Charge {
  readonly rule: Violation['rule'];
  readonly address: Word;
  readonly kind: AccessKind;
  /** Frame of L1's memory that was used; null for a fault. */
  readonly gfn: number | null;
  /** Source of the translation; null for a fault. */
  readonly by: 'tlb' | 'walk' | 'emulator' | null;
}

/**
 * Says who is to blame: the write that made the translation stale, the invalidation that should
 * have covered it, and the event that let it survive.
 */
export function blame(vm: WatchedVm, vcpu: Vcpu, charge: Charge): Violation {
  const { rule, address, kind, gfn, by } = charge;
  const { nth } = vm.oracle.command;
  const vtlb = vtlbOf(vm, vcpu);
  const { write, order } = writeBehind(vm, vcpu, address, gfn);
  const dropped = windowOf(vtlb, vtlb.context, address.page, order).page;
  const found = {
    write: write?.moment.by == null ? null : { ...culprit(write.moment, nth), gpa: write.gpa },
    invalidation: dropped.by === null ? null : culprit(dropped, nth),
    survival: survivalOf(vtlb.trail, by, dropped),
  };
  return described({
    kind: 'violation',
    rule,
    access: kind,
    gva: address,
    gpa: gfn === null ? null : gfnToGpa(gfn) + address.low,
    by,
    allowed: allowedFrames(vm, vcpu, address).map((frame) => gfnToGpa(frame) + address.low),
    ...(rule === 'right-never-given' ? NOBODY : found),
  });
}

/** The frames that a page may still be translated to, at most {@link ALLOWED_MAX} of them. */
export function allowedFrames(vm: WatchedVm, vcpu: Vcpu, address: Word): number[] {
  const frames = new Set<number>();
  tryAll(vm, vcpu, { address, everything: false }, ({ isBlocked, gfn }) => {
    if (!isBlocked && isVisibleGfn(vm.memory, gfn)) frames.add(gfn);
    return frames.size >= ALLOWED_MAX;
  });
  return [...frames];
}

/**
 * The write that ended the last translation by which the frame could have been reached, and the
 * size of the page that it was a translation of. Of a fault no write is known, and the page was as
 * large as it ever was.
 */
function writeBehind(
  vm: WatchedVm,
  vcpu: Vcpu,
  address: Word,
  gfn: number | null,
): { write: Replaced | null; order: number } {
  let found: { write: Replaced | null; order: number } = { write: null, order: 0 };
  tryAll(
    vm,
    vcpu,
    { address, everything: true },
    ({ isBlocked, gfn: reached, order, replaced }) => {
      if (gfn === null) found = { write: null, order: Math.max(found.order, order) };
      if (isBlocked || reached !== gfn) return false;
      const { write } = found;
      if (replaced === null) {
        if (write === null) found = { write, order: Math.max(found.order, order) };
      } else if (write === null || replaced.moment.time > write.moment.time) {
        found = { write: replaced, order };
      }
      return false;
    },
  );
  return found;
}

function tryAll(
  vm: WatchedVm,
  vcpu: Vcpu,
  where: { address: Word; everything: boolean },
  visit: Parameters<typeof pastTranslations>[2]['visit'],
): void {
  try {
    pastTranslations(vm, vcpu, { ...where, visit });
  } catch (error) {
    if (!(error instanceof TooManyWalks)) throw error;
  }
}

/** @param now The command that is being carried out. */
function culprit({ by, nth }: Moment, now: number): NonNullable<Violation['invalidation']> {
  return { seq: null, commandsAgo: now - nth, command: by as NonNullable<typeof by> };
}

/**
 * The newest event after the invalidation that could have brought the translation into step and
 * did not: a flush, for an entry of the TLB; for one of a shadow page how its root came into use,
 * or what it was synced by. Null: nothing was done at all.
 */
function survivalOf(
  { root, sync, flush }: Trail,
  by: Charge['by'],
  dropped: Moment,
): Violation['survival'] {
  let newest: Heard | null = null;
  for (const heard of by === 'tlb' ? [flush] : [root, sync]) {
    if (heard.kind === null || heard.nth < dropped.nth) continue;
    if (newest === null || heard.seq > newest.seq) newest = heard;
  }
  return newest?.kind ? { seq: newest.seq, event: newest.kind } : null;
}
