import { RootCause } from '../../mmu/schema/index.js';
import type { SlotsLook } from './look.js';
import type { ToldEvent } from './told.js';
import { isSameRoot, type Root, standsFor } from './values.js';

/** The ways in which a root ceases to stand in a slot as it did. */
export const ROOT_ENDS = ['moved', 'marked', 'synced', 'freed', 'evicted', 'rewound'] as const;
export type RootEnd = (typeof ROOT_ENDS)[number];

/** The way in which a root ceased to stand in a slot as it did, and the reason. */
export interface End {
  readonly end: RootEnd;
  readonly cause: RootCause | null;
}

const CAUSES = RootCause.options;

/** The number of an end: from 1, below 4,096. */
export function endCode(end: RootEnd, cause: RootCause | null = null): number {
  const why = cause === null ? 0 : CAUSES.indexOf(cause) + 1;
  return (1 + ROOT_ENDS.indexOf(end)) | (why << 3);
}

/** The inverse of {@link endCode}; null for 0. */
export function endOf(code: number): End | null {
  const end = ROOT_ENDS[(code & 7) - 1];
  return end === undefined ? null : { end, cause: CAUSES[(code >> 3) - 1] ?? null };
}

export const MOVED = endCode('moved');
export const REWOUND = endCode('rewound');
const SYNCED = endCode('synced');
const EVICTED = endCode('evicted');
const FREED = endCode('freed');

/**
 * Number of the end of a root that a slot held before a command and not behind it.
 *
 * @param slots Behind the command.
 * @param events Events of the command, in order, those of other vCPUs among them.
 */
export function endBy(root: Root, slots: SlotsLook, events: readonly ToldEvent[]): number {
  if (isHeldIn(slots, root)) return MOVED;
  for (let i = events.length - 1; i >= 0; i -= 1) {
    const { event, vcpu } = events[i] as ToldEvent;
    switch (event.kind) {
      case 'root-freed':
      case 'root-marked-unsync':
      case 'root-evicted':
      case 'root-synced': {
        if (vcpu !== slots.vcpu || event.mmu !== slots.mmu || !standsFor(event, root)) break;
        if (event.kind === 'root-freed') return endCode('freed', event.cause);
        if (event.kind === 'root-marked-unsync') return endCode('marked', event.cause);
        if (event.kind === 'root-evicted') return EVICTED;
        if (root.marked) return SYNCED;
        break;
      }
      default:
    }
  }
  const isThere = slots.held.some((other) => other?.hpa === root.hpa && root.marked);
  return isThere ? SYNCED : FREED;
}

/** Whether a slot of an MMU holds a root. */
export function isHeldIn({ held }: SlotsLook, root: Root): boolean {
  for (const other of held) if (isSameRoot(root, other)) return true;
  return false;
}
