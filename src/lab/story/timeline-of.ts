import { finished } from '../../mmu/index.js';
import type { LanePainter, Stretch } from './lane-painter.js';
import {
  CODES_PER_VCPU,
  LEVEL_CODE,
  LEVELS,
  type Level,
  MARK_CODE,
  MARKS,
  REQUEST_CODE,
  REQUESTS,
  ROOT_CODE,
  slotOf,
} from './lanes.js';
import type { Story } from './story.js';
import type { LevelSpan, RequestSpan, RootSpan, Timeline, VcpuTimeline } from './timeline.js';
import type { Root, Value } from './values.js';
import { frameOf, StoryWindow } from './window.js';

/** A window that is asked for. */
export interface WindowAsked {
  /** The first and last `seq`, from the story's oldest to its head. */
  readonly from: number;
  readonly to: number;
  /** Buckets at most. */
  readonly buckets: number;
  /** vCPUs to be shown; null for all. */
  readonly vcpus: readonly number[] | null;
}

/** The lowest `seq` that a window of a story may begin at; 0 is before the first command. */
export function oldestOf({ segments }: Story): number {
  return segments[0]?.start ?? 0;
}

/** A window of a story. @param vcpuCount vCPUs of the VM. */
export function timelineOf(story: Story, vcpuCount: number, asked: WindowAsked): Timeline {
  return finished(timelineSteps(story, vcpuCount, asked));
}

/** The same in steps. The story may go on, or forget, in between. */
export function* timelineSteps(
  story: Story,
  vcpuCount: number,
  asked: WindowAsked,
): Generator<void, Timeline> {
  const { from, to, buckets, vcpus } = asked;
  const [head, oldest] = [story.head, oldestOf(story)];
  const frame = frameOf(from, to, buckets);
  const wants = (vcpu: number) => vcpus === null || vcpus.includes(vcpu);
  const window = new StoryWindow(frame, wants);
  yield* window.read(story);
  const drawn: VcpuTimeline[] = [];
  for (let vcpu = 0; vcpu < vcpuCount; vcpu += 1) {
    if (!wants(vcpu)) continue;
    yield;
    drawn.push(vcpuTimelineOf(window, vcpu));
  }
  return {
    from,
    to,
    head,
    oldest,
    bucket: { first: frame.first, size: frame.size, count: frame.buckets },
    vcpus: drawn,
    violations: { count: window.violationCount, first: window.violations },
  };
}

function vcpuTimelineOf(window: StoryWindow, vcpu: number): VcpuTimeline {
  const base = vcpu * CODES_PER_VCPU;
  const level = window.lanes.get(base + LEVEL_CODE);
  const roots: VcpuTimeline['roots'] = [];
  for (let code = ROOT_CODE; code < MARK_CODE; code += 1) {
    const lane = window.lanes.get(base + code);
    if (lane === undefined || isEmpty(lane)) continue;
    roots.push({ ...slotOf(code), spans: rootSpansOf(lane), busy: lane.busy });
  }
  const requests = REQUESTS.flatMap((request, index) => {
    const lane = window.lanes.get(base + REQUEST_CODE + index);
    if (lane === undefined || isEmpty(lane)) return [];
    return [{ request, spans: lane.stretches.map(requestSpanOf), busy: lane.busy }];
  });
  const counts: VcpuTimeline['counts'] = {};
  for (const [index, mark] of MARKS.entries()) {
    const counted = window.counts.get(base + MARK_CODE + index);
    if (counted !== undefined) counts[mark] = counted;
  }
  const levelSpans = level === undefined ? [] : level.stretches.flatMap(levelSpanOf);
  return { vcpu, level: { spans: levelSpans, busy: level?.busy ?? [] }, roots, requests, counts };
}

function isEmpty({ stretches, busy }: LanePainter): boolean {
  return stretches.length === 0 && busy.length === 0;
}

function rootSpansOf({ stretches }: LanePainter): RootSpan[] {
  return stretches.flatMap(({ value, from, to, ended }) => {
    if (!isRoot(value)) return [];
    const { pgd, hpa, marked } = value;
    return [{ from, to, pgd, hpa, marked, end: ended?.end ?? null, cause: ended?.cause ?? null }];
  });
}

function levelSpanOf({ value, from, to }: Stretch): LevelSpan[] {
  return isLevel(value) ? [{ from, to, level: value }] : [];
}

function requestSpanOf({ from, to }: Stretch): RequestSpan {
  return { from, to };
}

function isRoot(value: Value): value is Root {
  return typeof value === 'object';
}

function isLevel(value: Value): value is Level {
  return typeof value === 'string' && LEVELS.some((level) => level === value);
}
