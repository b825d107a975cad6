import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HistoryRecord } from '../../journal/index.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { ApiError } from '../wire/errors.js';
import { NEAREST_RECORDS_MAX } from '../wire/limits.js';
import { type Matcher, matches, type NearestFrame, nearestOf, wireOf } from './pattern.js';
import { holdsNow, type NearestState, type StateCondition, stateNow } from './state-condition.js';

/** Sequence numbers that an answer lists of one expectation. */
export const SEQS_SHOWN_MAX = 20;

/** Records that are looked at before others get their turn. */
const SLICE_RECORDS = 1024;

/** What is expected, ready to be compared. */
export type Expected =
  | ({ readonly kind: 'state' } & StateCondition)
  | {
      readonly kind: 'count';
      readonly matcher: Matcher;
      readonly atLeast: number;
      readonly atMost: number;
    }
  | { readonly kind: 'order'; readonly matchers: readonly Matcher[] };

/** How an expectation fared. */
export interface Verdict {
  readonly holds: boolean;
  /** Commands and events that fit; of an order, steps that were found; of a state, 0 or 1. */
  readonly count: number;
  /** Where the first of them stand. */
  readonly seqs: number[];
  readonly detail: string;
  readonly nearest: { readonly frame: NearestFrame | null; readonly state: NearestState | null };
}

/** A run of a VM's history, both ends included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Compares what is expected with what a VM did and with its state. The history is read once, and
 * others get their turn in between; the state is that of the first moment.
 *
 * @throws {ApiError} If history of the span is no longer kept, or ceases to be meanwhile.
 */
export async function verify(
  entry: FleetVm,
  expected: readonly Expected[],
  span: Span,
): Promise<Verdict[]> {
  const tallies = expected.map((one) => tallyOf(entry, one));
  for (let seq = span.from; seq <= span.to; seq += 1) {
    if ((seq - span.from) % SLICE_RECORDS === SLICE_RECORDS - 1) await nextTurn();
    const record = recordAt(entry, seq);
    let wire: unknown;
    const onWire = () => {
      wire ??= wireOf(record);
      return wire;
    };
    for (const { take } of tallies) take(record, onWire);
  }
  return tallies.map(({ verdict }) => verdict(() => newest(entry, span)));
}

function recordAt({ ring }: FleetVm, seq: number): HistoryRecord {
  const record = ring.at(seq);
  if (record !== undefined) return record;
  const { oldest } = ring;
  throw new ApiError(
    'events-expired',
    `Cannot verify from ${seq}: history is kept from ${oldest}`,
    { oldest },
  );
}

/** What gathers one expectation's evidence. */
interface Tally {
  readonly take: (record: HistoryRecord, wire: () => unknown) => void;
  readonly verdict: (records: () => Iterable<HistoryRecord>) => Verdict;
}

function tallyOf(entry: FleetVm, expected: Expected): Tally {
  switch (expected.kind) {
    case 'state':
      return stateTally(entry, expected);
    case 'count':
      return countTally(expected);
    case 'order':
      return orderTally(expected.matchers);
  }
}

function stateTally(entry: FleetVm, condition: StateCondition): Tally {
  const now = stateNow(entry, condition);
  const holds = holdsNow(now);
  const failed = now.checks.filter((check) => !check.holds).length;
  const verdict: Verdict = {
    holds,
    count: holds ? 1 : 0,
    seqs: holds ? [now.seq] : [],
    detail: holds ? 'every check holds' : `${failed} of ${now.checks.length} checks fail`,
    nearest: { frame: null, state: holds ? null : now },
  };
  return { take: () => {}, verdict: () => verdict };
}

function countTally({ matcher, atLeast, atMost }: Expected & { kind: 'count' }): Tally {
  const seqs: number[] = [];
  let count = 0;
  return {
    take(record, wire) {
      if (!matches(matcher, record, wire)) return;
      count += 1;
      if (seqs.length < SEQS_SHOWN_MAX) seqs.push(record.seq);
    },
    verdict(records) {
      const holds = count >= atLeast && count <= atMost;
      const frame = count < atLeast ? nearestOf(matcher, records()) : null;
      const detail = `${count} found, ${rangeText(atLeast, atMost)} expected`;
      return { holds, count, seqs, detail, nearest: { frame, state: null } };
    },
  };
}

/** Each step has to stand behind the one before; what stands between them does not matter. */
function orderTally(matchers: readonly Matcher[]): Tally {
  const seqs: number[] = [];
  return {
    take(record, wire) {
      const next = matchers[seqs.length];
      if (next !== undefined && matches(next, record, wire)) seqs.push(record.seq);
    },
    verdict(records) {
      const missing = matchers[seqs.length];
      const count = seqs.length;
      const holds = missing === undefined;
      const last = seqs.at(-1) ?? 0;
      const frame = holds ? null : nearestOf(missing, records(), last);
      const detail = holds
        ? `all ${count} steps found in order`
        : `step ${count} of ${matchers.length} not found behind ${last}`;
      return { holds, count, seqs, detail, nearest: { frame, state: null } };
    },
  };
}

function rangeText(atLeast: number, atMost: number): string {
  if (atLeast === atMost) return `exactly ${atLeast}`;
  if (atMost === Number.POSITIVE_INFINITY) return `at least ${atLeast}`;
  return atLeast === 0 ? `at most ${atMost}` : `${atLeast} to ${atMost}`;
}

function* newest({ ring }: FleetVm, { from, to }: Span): Generator<HistoryRecord> {
  for (let seq = Math.max(from, to - NEAREST_RECORDS_MAX + 1); seq <= to; seq += 1) {
    const record = ring.at(seq);
    if (record !== undefined) yield record;
  }
}
