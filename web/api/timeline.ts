import type { z } from 'zod';
import type * as story from '../../src/lab/story/timeline.js';
import type { CommandFrame, EventFrame } from './wire.js';

/** A window of a history, lane by lane, as it is written. */
export type Timeline = z.input<typeof story.Timeline>;
export type VcpuTimeline = Timeline['vcpus'][number];
export type RootLane = VcpuTimeline['roots'][number];
export type RootSpan = RootLane['spans'][number];
export type RequestLane = VcpuTimeline['requests'][number];
export type BusySpan = VcpuTimeline['level']['busy'][number];
export type Mark = keyof VcpuTimeline['counts'];

/** A part of a history that is wanted. */
export interface Wanted {
  /** First and last `seq`; null for the oldest and the newest. */
  readonly from: number | null;
  readonly to: number | null;
  /** Buckets at most. */
  readonly buckets: number;
}

/** A record of a history: a command, or an event of one. */
export type HistoryFrame = CommandFrame | EventFrame;
