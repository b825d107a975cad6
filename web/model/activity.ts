import type {
  EventFrame,
  FlushScope,
  LogFrame,
  WireEvent,
  WireEventOf,
  WireRequest,
} from '../api/wire.js';

/** Flushes shown in a strip. */
export const FLUSHES_SHOWN_MAX = 64;

export interface Flush {
  readonly seq: number;
  readonly scope: FlushScope;
  readonly by: 'kvm' | 'cpu';
}

type RootEvent = Extract<WireEvent, { kind: `root-${string}` }>;
export type LastRootEvent = { readonly seq: number; readonly event: RootEvent };

/** Recent activity of a vCPU, from the stream; its state alone does not show it. */
export interface Activity {
  /** The newest flushes, oldest first. */
  readonly flushes: readonly Flush[];
  readonly flushCount: Readonly<Partial<Record<FlushScope, number>>>;
  readonly made: Readonly<Partial<Record<WireRequest, number>>>;
  /** The newest event of each MMU's roots. */
  readonly lastRoot: Readonly<Partial<Record<'root' | 'guest', LastRootEvent>>>;
}

export const NO_ACTIVITY: Activity = { flushes: [], flushCount: {}, made: {}, lastRoot: {} };

/** Adds frames to the activity of each vCPU. */
export function addFrames(
  activity: ReadonlyMap<number, Activity>,
  frames: readonly LogFrame[],
): ReadonlyMap<number, Activity> {
  const next = new Map(activity);
  for (const frame of frames) {
    if (frame.type !== 'event') continue;
    next.set(frame.vcpu, addEvent(next.get(frame.vcpu) ?? NO_ACTIVITY, frame));
  }
  return next;
}

function addEvent(activity: Activity, { seq, event }: EventFrame): Activity {
  if (event.kind === 'tlb-flushed') return addFlush(activity, seq, event);
  if (event.kind === 'request-made') {
    const made = { ...activity.made, [event.request]: (activity.made[event.request] ?? 0) + 1 };
    return { ...activity, made };
  }
  if (isRootEvent(event)) {
    return { ...activity, lastRoot: { ...activity.lastRoot, [event.mmu]: { seq, event } } };
  }
  return activity;
}

function addFlush(
  activity: Activity,
  seq: number,
  { scope, by }: WireEventOf<'tlb-flushed'>,
): Activity {
  return {
    ...activity,
    flushes: [...activity.flushes.slice(1 - FLUSHES_SHOWN_MAX), { seq, scope, by }],
    flushCount: { ...activity.flushCount, [scope]: (activity.flushCount[scope] ?? 0) + 1 },
  };
}

function isRootEvent(event: WireEvent): event is RootEvent {
  return event.kind.startsWith('root-');
}
