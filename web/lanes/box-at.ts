import type { BusySpan, RootSpan, Timeline } from '../api/timeline.js';
import type { Row } from './rows.js';
import { rootWords, stretchWords } from './words.js';

interface Stretch {
  readonly from: number;
  readonly to: number | null;
}

/** Contents of a row at a `seq`, in words. */
export function boxOf(row: Row, seq: number, timeline: Timeline | null): string {
  switch (row.of.kind) {
    case 'slot':
      return `${row.label}: ${rootAt(row.of.lane, seq)}`;
    case 'slots': {
      const held = row.of.lanes.map((lane) => `${lane.slot}: ${rootAt(lane, seq)}`);
      return held.join('; ');
    }
    case 'request': {
      const { spans, busy } = row.of.lane;
      const span = spans.find((one) => holds(one, seq));
      if (span !== undefined)
        return `KVM_REQ_${row.label} pending, ${stretchWords(span.from, span.to)}`;
      return `KVM_REQ_${row.label}: ${busyAt(busy, seq) ?? 'not pending'}`;
    }
    case 'level': {
      const one = timeline?.vcpus.find(({ vcpu }) => vcpu === row.vcpu);
      const span = one?.level.spans.find((level) => holds(level, seq));
      if (span === undefined)
        return `runs: ${busyAt(one?.level.busy ?? [], seq) ?? 'not known here'}`;
      const who = span.level === 'host' ? 'KVM' : span.level;
      return `${who} runs, ${stretchWords(span.from, span.to)}`;
    }
    case 'vcpu':
    case 'flushes':
    case 'traffic':
      return `${row.label}: ${countsAt(row, seq, timeline)}`;
  }
}

function rootAt(
  { spans, busy }: { spans: readonly RootSpan[]; busy: readonly BusySpan[] },
  seq: number,
): string {
  const span = spans.find((one) => holds(one, seq));
  if (span !== undefined) return `${rootWords(span)}, ${stretchWords(span.from, span.to)}`;
  return busyAt(busy, seq) ?? 'empty';
}

function busyAt(busy: readonly BusySpan[], seq: number): string | null {
  const span = busy.find((one) => holds(one, seq));
  return span === undefined
    ? null
    : `${span.count} short spans, ${stretchWords(span.from, span.to)}`;
}

/** Numbers of the bucket that a `seq` is in. */
function countsAt(row: Row, seq: number, timeline: Timeline | null): string {
  const one = timeline?.vcpus.find(({ vcpu }) => vcpu === row.vcpu);
  if (!timeline || one === undefined) return 'not known here';
  const { first, size } = timeline.bucket;
  const index = Math.floor((seq - first) / size);
  const wanted = (mark: string) => (row.of.kind === 'flushes') === mark.startsWith('flush-');
  const words = Object.entries(one.counts)
    .filter(([mark, counts]) => wanted(mark) && (counts[index] ?? 0) > 0)
    .map(([mark, counts]) => `${counts[index]} ${mark}`);
  const where =
    size === 1 ? '' : ` in seq ${first + index * size} to ${first + (index + 1) * size - 1}`;
  return `${words.join(', ') || 'nothing'}${where}`;
}

function holds({ from, to }: Stretch, seq: number): boolean {
  return from <= seq && (to === null || seq < to);
}
