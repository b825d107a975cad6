import type { HistoryRecord } from '../../journal/index.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Turns } from '../fleet/turns.js';
import { ApiError } from '../wire/errors.js';
import {
  type Matcher,
  matches,
  NEAREST_RECORDS_MAX,
  type NearestFrame,
  nearestOf,
  type Searched,
  wireOf,
} from './pattern.js';
import { holdsNow, type NearestState, type StateCondition, stateNow } from './state-condition.js';

/** Sequence numbers that an answer lists for one expectation, at most. */
export const SEQS_SHOWN_MAX = 20;

/** An expectation, ready to be compared. */
export type Expected =
  | ({ readonly kind: 'state' } & StateCondition)
  | {
      readonly kind: 'count';
      readonly matcher: Matcher;
      readonly atLeast: number;
      readonly atMost: number;
    }
  | { readonly kind: 'order'; readonly matchers: readonly Matcher[] };

/** Result of one expectation. */
export interface ExpectationResult {
  readonly holds: boolean;
  /** Matching commands and events; for an order, the steps found; for a state, 0 or 1. */
  readonly count: number;
  /** `seq` of the first of them, at most {@link SEQS_SHOWN_MAX}. */
  readonly seqs: number[];
  readonly detail: string;
  readonly nearest: { readonly frame: NearestFrame | null; readonly state: NearestState | null };
}

/** A range of a VM's history, both ends included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Compares expectations with the history and the state of a VM. The history is read once, in slices
 * between which others get their turn; the state is taken at the beginning.
 *
 * @throws {ApiError} If a record of the span is no longer kept when it is read.
 */
export async function verify(
  { entry, turns }: { readonly entry: FleetVm; readonly turns: Turns },
  expected: readonly Expected[],
  span: Span,
): Promise<ExpectationResult[]> {
  const tallies = expected.map((expectation) => tallyOf(entry, expectation));
  const work = turns.work();
  for (let seq = span.from; seq <= span.to; seq += 1) {
    if (work.isOver()) await work.next();
    const record = recordAt(entry, seq);
    let wire: unknown;
    const onWire = () => {
      wire ??= wireOf(record);
      return wire;
    };
    for (const { add } of tallies) add(record, onWire);
  }
  const records = [...newest(entry, span)];
  const results: ExpectationResult[] = [];
  for (const { result } of tallies) results.push(await result({ records, turns }));
  return results;
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

/** Compares records with one expectation. */
interface Tally {
  readonly add: (record: HistoryRecord, wire: () => unknown) => void;
  /** @param among The newest records of the span, for the nearest miss. */
  readonly result: (among: Searched) => Promise<ExpectationResult>;
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
  const result: ExpectationResult = {
    holds,
    count: holds ? 1 : 0,
    seqs: holds ? [now.seq] : [],
    detail: holds ? 'every check holds' : `${failed} of ${now.checks.length} checks fail`,
    nearest: { frame: null, state: holds ? null : now },
  };
  return { add: () => {}, result: async () => result };
}

function countTally({ matcher, atLeast, atMost }: Expected & { kind: 'count' }): Tally {
  const seqs: number[] = [];
  let count = 0;
  return {
    add(record, wire) {
      if (!matches(matcher, record, wire)) return;
      count += 1;
      if (seqs.length < SEQS_SHOWN_MAX) seqs.push(record.seq);
    },
    async result(among) {
      const holds = count >= atLeast && count <= atMost;
      const frame = count < atLeast ? await nearestOf(matcher, among) : null;
      const detail = `${count} found, ${rangeText(atLeast, atMost)} expected`;
      return { holds, count, seqs, detail, nearest: { frame, state: null } };
    },
  };
}

/** Each step has to come after the one before, with any records in between. */
function orderTally(matchers: readonly Matcher[]): Tally {
  const seqs: number[] = [];
  return {
    add(record, wire) {
      const next = matchers[seqs.length];
      if (next !== undefined && matches(next, record, wire)) seqs.push(record.seq);
    },
    async result(among) {
      const missing = matchers[seqs.length];
      const count = seqs.length;
      const holds = missing === undefined;
      const last = seqs.at(-1) ?? 0;
      const frame = holds ? null : await nearestOf(missing, among, last);
      const detail = holds
        ? `all ${count} steps found in order`
        : `step ${count} of ${matchers.length} not found after ${last}`;
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
