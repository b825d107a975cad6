import { type MmuName, RootCause } from '../../mmu/schema/index.js';
import type { ToldEvent } from './told.js';
import { type Root, standsFor } from './values.js';

/** The ways in which a root ceases to stand in a slot as it did. */
export const ROOT_ENDS = ['moved', 'marked', 'synced', 'freed', 'evicted', 'rewound'] as const;
export type RootEnd = (typeof ROOT_ENDS)[number];

/** The way in which a root ceased to stand in a slot as it did, and the reason. */
export interface End {
  readonly end: RootEnd;
  readonly cause: RootCause | null;
}

const MOVED: End = { end: 'moved', cause: null };
const SYNCED: End = { end: 'synced', cause: null };
const CAUSES = RootCause.options;

/** The number of an end: 0 for none, below 4,096. */
export function endCode(end: End | null): number {
  if (end === null) return 0;
  const cause = end.cause === null ? 0 : CAUSES.indexOf(end.cause) + 1;
  return (1 + ROOT_ENDS.indexOf(end.end)) | (cause << 3);
}

/** The inverse of {@link endCode}. */
export function endOf(code: number): End | null {
  const end = ROOT_ENDS[(code & 7) - 1];
  return end === undefined ? null : { end, cause: CAUSES[(code >> 3) - 1] ?? null };
}

/** A command, for the roots of an MMU that it moved. */
export interface Departures {
  readonly vcpu: number;
  readonly mmu: MmuName;
  /** Events of the command, in order, those of other vCPUs among them. */
  readonly events: readonly ToldEvent[];
  /** Roots that the MMU's slots hold behind it. */
  readonly after: readonly (Root | null)[];
}

/** The end of a root that a slot held before a command and not behind it. */
export function endBy(root: Root, { vcpu, mmu, events, after }: Departures): End {
  if (after.includes(root)) return MOVED;
  for (let i = events.length - 1; i >= 0; i -= 1) {
    const { event, vcpu: of } = events[i] as ToldEvent;
    if (of !== vcpu || !('mmu' in event) || event.mmu !== mmu || !standsFor(event, root)) continue;
    if (event.kind === 'root-freed') return { end: 'freed', cause: event.cause };
    if (event.kind === 'root-marked-unsync') return { end: 'marked', cause: event.cause };
    if (event.kind === 'root-evicted') return { end: 'evicted', cause: null };
    if (event.kind === 'root-synced' && root.marked) return SYNCED;
  }
  const isThere = after.some((other) => other?.hpa === root.hpa && root.marked);
  return isThere ? SYNCED : { end: 'freed', cause: null };
}
