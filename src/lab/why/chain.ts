import type { MmuEventOf } from '../../mmu/schema/index.js';
import type { Past, PastEvent, PastRecord } from './past.js';
import { type Source, sourceOfCommand, sourceOfEvent } from './sources.js';
import { wordsOf } from './words.js';

/** A step that led to an event, or the event itself. */
export interface Step extends Source {
  readonly seq: number;
  /** The record in one line. */
  readonly what: string;
}

/** Causes of causes that are followed. */
const LINKS_MAX = 16;

/**
 * The steps that led to a record, the first one first: the command, the exit by which it reached KVM,
 * the request that it made, its service, and the effect. Of a violation, the write, the
 * invalidation that should have dropped the translation, the event that it survived, and the use.
 */
export function chainOf(past: Past, record: PastRecord): Step[] {
  const seqs = new Set<number>([record.seq]);
  if (record.type === 'event') {
    if (record.event.kind === 'violation') addStations(seqs, record.event);
    let link: PastEvent | null = record;
    for (let links = 0; link !== null && links < LINKS_MAX; links += 1) {
      seqs.add(link.seq);
      seqs.add(link.command);
      const exit = exitBefore(past, link);
      if (exit !== null) seqs.add(exit);
      link = eventAt(past, link.causedBy);
    }
  }
  return [...seqs]
    .sort((a, b) => a - b)
    .flatMap((seq) => {
      const at = past.at(seq);
      return at === undefined ? [] : [stepOf(at)];
    });
}

function addStations(seqs: Set<number>, violation: MmuEventOf<'violation'>): void {
  for (const station of [violation.write, violation.invalidation, violation.survival]) {
    if (station?.seq != null) seqs.add(station.seq);
  }
}

function eventAt(past: Past, seq: number | null): PastEvent | null {
  const record = seq === null ? undefined : past.at(seq);
  return record?.type === 'event' ? record : null;
}

/** The exit by which a command reached KVM before it brought an event about. */
function exitBefore(past: Past, { seq, command, vcpu }: PastEvent): number | null {
  for (let before = seq - 1; before > command; before -= 1) {
    const record = past.at(before);
    if (record?.type !== 'event' || record.vcpu !== vcpu) continue;
    if (record.event.kind === 'vm-entered') return null;
    if (record.event.kind === 'vm-exit') return before;
  }
  return null;
}

function stepOf(record: PastRecord): Step {
  const { seq } = record;
  const what = wordsOf(record);
  switch (record.type) {
    case 'command':
      return { seq, what, ...sourceOfCommand(record.command.kind) };
    case 'event':
      return { seq, what, ...sourceOfEvent(record.event) };
    case 'rewound':
      return { seq, what, kernel: null, manual: null };
  }
}
