import { z } from 'zod';
import type { HistoryRecord } from '../../journal/index.js';
import { MmuName, PhysicalAddress, Severity, VcpuIndex } from '../../mmu/schema/index.js';
import type { Turns } from '../fleet/turns.js';
import { BOUNDS } from '../wire/bounds.js';
import {
  CommandFrame,
  EventFrame,
  FrameKind,
  HistoryFrame,
  LIST_ITEMS_MAX,
  RewoundFrame,
  writeHistory,
} from '../wire/frames.js';
import {
  Check,
  CheckResult,
  checkResultOf,
  holdsAll,
  type SplitCheck,
  sensible,
  splitChecks,
} from './check.js';
import { type Filter, filterOf, filterPartsOf } from './filter.js';

/** Newest records that are searched for the nearest miss. */
export const NEAREST_RECORDS_MAX = 1000;

/** A description of commands and events. An omitted field matches everything. */
export const Pattern = z
  .strictObject({
    kind: z.array(FrameKind).min(1).max(LIST_ITEMS_MAX).optional(),
    vcpu: z.array(VcpuIndex).min(1).max(LIST_ITEMS_MAX).optional(),
    mmu: MmuName.optional(),
    root: z.array(PhysicalAddress).min(1).max(LIST_ITEMS_MAX).optional(),
    severity: Severity.optional().describe('Records of at least this severity.'),
    where: z
      .array(Check)
      .max(BOUNDS.checks.value)
      .default([])
      .describe('Checks of the frame: `/event/scope`, `/outcome/kind`, `/command/value`.'),
  })
  .meta({
    id: 'Pattern',
    description: 'A description of commands and events; an omitted field matches everything.',
    examples: [{ kind: ['tlb-flushed'], where: [{ path: '/event/scope', value: 'all' }] }],
  });
export type Pattern = z.output<typeof Pattern>;

/** The record that comes closest to a pattern. */
export const NearestFrame = z
  .strictObject({
    frame: HistoryFrame,
    failed: z.array(z.string()).describe('Parts of the pattern that the frame does not match.'),
    checks: z.array(CheckResult).describe('Checks that fail.'),
  })
  .meta({
    id: 'NearestFrame',
    description: 'The frame that comes closest to a pattern, and how it fails.',
  });
export type NearestFrame = z.output<typeof NearestFrame>;

/** A pattern, ready to be compared with many records. */
export interface Matcher {
  readonly pattern: Pattern;
  readonly filter: Filter;
  /** The checks of the pattern. */
  readonly where: readonly SplitCheck[];
}

/**
 * Prepares a pattern.
 *
 * @param at JSON pointer to the pattern in the request's body.
 * @throws {ApiError} If one of its checks could never hold.
 */
export function matcherOf(pattern: Pattern, at: string): Matcher {
  const where = sensible(pattern.where, framesOf(pattern), `${at}/where`);
  return { pattern: { ...pattern, where }, filter: filterOf(pattern), where: splitChecks(where) };
}

/** @param wire Makes the frame's wire form; called only if a check needs it. */
export function matches(
  { filter, where }: Matcher,
  record: HistoryRecord,
  wire: () => unknown = () => wireOf(record),
): boolean {
  if (filter !== null && !filter(record)) return false;
  return where.length === 0 || holdsAll(where, wire());
}

/** Records whose wire form is kept, because many clients wait for the same ones. */
const WIRES_KEPT = 256;

const wires: { readonly record: HistoryRecord; readonly wire: unknown }[] = [];

/** Wire form of a record, which nobody may change. */
export function wireOf(record: HistoryRecord): unknown {
  const place = record.seq % WIRES_KEPT;
  const kept = wires[place];
  if (kept?.record === record) return kept.wire;
  const wire: unknown = JSON.parse(writeHistory(record));
  wires[place] = { record, wire };
  return wire;
}

/** Records to search, and the slices in which to do it. */
export interface Searched {
  readonly records: readonly HistoryRecord[];
  readonly turns: Turns;
}

/**
 * The record that fails the fewest parts of a pattern; the newest of several, null if all parts of
 * it fail everywhere.
 *
 * @param order For a pattern in a sequence: the `seq` that a match has to come after.
 */
export async function nearestOf(
  { pattern }: Matcher,
  { records, turns }: Searched,
  order: number | null = null,
): Promise<NearestFrame | null> {
  const parts = filterPartsOf(pattern);
  let nearest: NearestFrame | null = null;
  let fewest = parts.length + pattern.where.length;
  const work = turns.work();
  for (const record of records) {
    if (work.isOver()) await work.next();
    const failed = parts.flatMap(({ name, passes }) => (passes(record) ? [] : [name as string]));
    if (order !== null && record.seq <= order) failed.push('order');
    if (failed.length > fewest) continue;
    const wire = pattern.where.length === 0 ? null : wireOf(record);
    const checks = pattern.where
      .map((check) => checkResultOf(check, wire))
      .filter(({ holds }) => !holds);
    const misses = failed.length + checks.length;
    if (misses === 0 || misses > fewest || misses === parts.length + pattern.where.length) continue;
    fewest = misses;
    nearest = { frame: record as NearestFrame['frame'], failed, checks };
  }
  return nearest;
}

/** Schemas of the frames that can match a pattern: only those of its kinds, if it has any. */
function framesOf({ kind }: Pattern): z.core.$ZodType[] {
  if (kind === undefined) return [CommandFrame, EventFrame, RewoundFrame];
  const kinds = new Set<string>(kind);
  const events = EventFrame.shape.event.options.filter(({ shape }) => kinds.has(shape.kind.value));
  return [
    ...(kinds.has('command') ? [CommandFrame] : []),
    ...(kinds.has('rewound') ? [RewoundFrame] : []),
    ...events.map((event) => z.strictObject({ ...EventFrame.shape, event })),
  ];
}
