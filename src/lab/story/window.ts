import { type Changes, LanePainter } from './lane-painter.js';
import { CODES_PER_VCPU, MARK_CODE, VIOLATION_CODE } from './lanes.js';
import { RULES } from './rules.js';
import {
  codeOf,
  NODE_SEQS,
  NODES_PER_GROUP,
  offsetOf,
  SEGMENT_SEQS,
  type Segment,
} from './segment.js';
import type { Story } from './story.js';
import { LANE_WORDS, MARK_WORDS } from './sums.js';
import { type Timeline, VIOLATIONS_LISTED_MAX } from './timeline.js';
import type { Value } from './values.js';

/** A window, and how it is divided. */
export interface Frame {
  readonly from: number;
  readonly to: number;
  /** Sequence numbers of a bucket: a power of 2, whose multiples buckets begin at. */
  readonly size: number;
  readonly first: number;
  readonly buckets: number;
}

/** Divides a window into buckets: as many as may be, but no more. */
export function frameOf(from: number, to: number, bucketsMax: number): Frame {
  let size = 1;
  while (Math.floor(to / size) - Math.floor(from / size) + 1 > bucketsMax) size *= 2;
  const first = from - (from % size);
  return { from, to, size, first, buckets: Math.floor(to / size) - Math.floor(from / size) + 1 };
}

/** Nodes of a segment that are read at a time: a divisor of those of a group. */
const NODES_PER_YIELD = 4;

/** Nodes of a segment in a row. */
interface NodeRun {
  readonly node: number;
  readonly nodes: number;
}

type Standing = { value: Value | null; since: number };

/** Reads a window of a story: what each lane and mark of it comes to, bucket by bucket. */
export class StoryWindow {
  readonly lanes = new Map<number, LanePainter>();
  readonly counts = new Map<number, number[]>();
  readonly violations: Timeline['violations']['first'] = [];
  violationCount = 0;
  readonly #frame: Frame;
  readonly #wants: (vcpu: number) => boolean;
  /** The values of lanes before the window. */
  readonly #standing = new Map<number, Standing>();

  /** @param wants Whether a vCPU is to be shown. */
  constructor(frame: Frame, wants: (vcpu: number) => boolean) {
    this.#frame = frame;
    this.#wants = wants;
  }

  /** Reads it, once; yields after a few thousand records. The story may go on meanwhile. */
  *read(story: Story): Generator<void> {
    const { from, to } = this.#frame;
    const segments = story.segments.filter(
      ({ start }) => start + SEGMENT_SEQS > from && start <= to,
    );
    const [first] = segments;
    const standing = first === undefined ? lastBefore(story, from) : first.standing;
    for (const { code, value, since } of standing) this.#stand(code, { value, since });
    for (const segment of segments) yield* this.#read(segment);
    for (const code of this.#standing.keys()) this.#painter(code);
    for (const lane of this.lanes.values()) lane.end();
  }

  *#read(segment: Segment): Generator<void> {
    const nodes = SEGMENT_SEQS / NODE_SEQS;
    for (let node = 0; node < nodes; node += 1) {
      if (node % NODES_PER_YIELD === 0) yield;
      if (node % NODES_PER_GROUP === 0 && this.#takeGroup(segment, node)) {
        node += NODES_PER_GROUP - 1;
        continue;
      }
      const start = segment.start + node * NODE_SEQS;
      const last = start + NODE_SEQS - 1;
      if (start > this.#frame.to) return;
      const isWhole = start >= this.#frame.from && last <= this.#frame.to;
      const sums = segment.sumsOf(node);
      const isCoarse = isWhole ? this.#frame.size >= NODE_SEQS : last < this.#frame.from;
      if (sums !== null && isCoarse) this.#takeSums(segment, { node, nodes: 1 }, sums);
      else this.#scan(segment, node);
    }
  }

  /** Takes a group of nodes at once, if it lies before the window, or in a single bucket of it. */
  #takeGroup(segment: Segment, node: number): boolean {
    const { from, to, size } = this.#frame;
    const sums = segment.sumsOfGroup(node / NODES_PER_GROUP);
    const start = segment.start + node * NODE_SEQS;
    const last = start + NODES_PER_GROUP * NODE_SEQS - 1;
    if (sums === null || start > to) return false;
    const isCoarse = size >= NODES_PER_GROUP * NODE_SEQS && start >= from && last <= to;
    if (!isCoarse && last >= from) return false;
    this.#takeSums(segment, { node, nodes: NODES_PER_GROUP }, sums);
    return true;
  }

  #takeSums(segment: Segment, run: NodeRun, sums: Uint32Array): void {
    const start = segment.start + run.node * NODE_SEQS;
    for (let i = 0; i < sums.length; ) {
      const code = sums[i] as number;
      const count = sums[i + 1] as number;
      if (code % CODES_PER_VCPU >= MARK_CODE) {
        i += MARK_WORDS;
        if (start < this.#frame.from) continue;
        this.#count(code, start, count);
        if (code % CODES_PER_VCPU === VIOLATION_CODE) this.#list(segment, run);
        continue;
      }
      const ends = sums[i + 2] as number;
      this.#change(code, {
        count,
        first: segment.start + (ends >>> 16),
        last: segment.start + (ends & 0xffff),
        firstWord: sums[i + 3] as number,
        value: segment.valueOf(sums[i + 4] as number),
      });
      i += LANE_WORDS;
    }
  }

  #scan(segment: Segment, node: number): void {
    const { from, to } = this.#frame;
    const log = segment.part(node, node + 1);
    for (let i = 0; i < log.length; i += 1) {
      const head = log[i] as number;
      const code = codeOf(head);
      const seq = segment.start + offsetOf(head);
      if (seq > to) return;
      const kind = code % CODES_PER_VCPU;
      if (kind >= MARK_CODE) {
        if (kind === VIOLATION_CODE) i += 1;
        if (seq < from) continue;
        this.#count(code, seq, 1);
        if (kind === VIOLATION_CODE) this.#violation(code, seq, log[i] as number);
        continue;
      }
      i += 1;
      const word = log[i] as number;
      const value = segment.valueOf(word);
      this.#change(code, { count: 1, first: seq, last: seq, firstWord: word, value });
    }
  }

  /** Lists the violations of nodes whose numbers are counted. */
  #list(segment: Segment, { node, nodes }: NodeRun): void {
    if (this.violations.length >= VIOLATIONS_LISTED_MAX) return;
    const log = segment.part(node, node + nodes);
    for (let i = 0; i < log.length; i += 1) {
      const head = log[i] as number;
      const code = codeOf(head);
      const kind = code % CODES_PER_VCPU;
      if (kind === VIOLATION_CODE) {
        this.#violation(code, segment.start + offsetOf(head), log[i + 1] as number);
      }
      if (kind < MARK_CODE || kind === VIOLATION_CODE) i += 1;
    }
  }

  #violation(code: number, seq: number, rule: number): void {
    const vcpu = Math.floor(code / CODES_PER_VCPU);
    if (!this.#wants(vcpu) || this.violations.length >= VIOLATIONS_LISTED_MAX) return;
    this.violations.push({ seq, vcpu, rule: RULES[rule] ?? '' });
  }

  #count(code: number, seq: number, count: number): void {
    if (!this.#wants(Math.floor(code / CODES_PER_VCPU))) return;
    if (code % CODES_PER_VCPU === VIOLATION_CODE) this.violationCount += count;
    let counts = this.counts.get(code);
    if (counts === undefined) {
      counts = new Array<number>(this.#frame.buckets).fill(0);
      this.counts.set(code, counts);
    }
    const bucket = Math.floor((seq - this.#frame.first) / this.#frame.size);
    counts[bucket] = (counts[bucket] ?? 0) + count;
  }

  #change(code: number, changes: Changes): void {
    if (changes.last < this.#frame.from) {
      this.#stand(code, { value: changes.value, since: changes.last });
      return;
    }
    if (this.#wants(Math.floor(code / CODES_PER_VCPU))) this.#painter(code).take(changes);
  }

  #stand(code: number, standing: Standing): void {
    if (this.#wants(Math.floor(code / CODES_PER_VCPU))) this.#standing.set(code, standing);
  }

  #painter(code: number): LanePainter {
    let painter = this.lanes.get(code);
    if (painter === undefined) {
      const { from, size } = this.#frame;
      const standing = this.#standing.get(code) ?? { value: null, since: from };
      painter = new LanePainter(size, standing);
      this.lanes.set(code, painter);
    }
    return painter;
  }
}

/** The lanes as they stand where no segment tells of the window: nothing has happened since. */
function lastBefore(story: Story, from: number): Story['standing'] {
  const isAtEnd = (story.segments.at(-1)?.start ?? 0) <= from;
  return isAtEnd ? story.standing : [];
}
