import { z } from 'zod';
import type { HistoryRecord } from '../../journal/index.js';
import { MmuName, PhysicalAddress, Severity, VcpuIndex } from '../../mmu/schema/index.js';
import {
  CommandFrame,
  EventFrame,
  FrameKind,
  HistoryFrame,
  LIST_ITEMS_MAX,
  RewoundFrame,
  writeHistory,
} from '../wire/frames.js';
import { CHECKS_MAX } from '../wire/limits.js';
import { Check, CheckResult, checkResultOf, holdsAll, requireSensible } from './check.js';
import { type Filter, filterOf, filterPartsOf } from './filter.js';

/** Which commands and events are meant. What is left out narrows nothing. */
export const Pattern = z
  .strictObject({
    kind: z.array(FrameKind).min(1).max(LIST_ITEMS_MAX).optional(),
    vcpu: z.array(VcpuIndex).min(1).max(LIST_ITEMS_MAX).optional(),
    mmu: MmuName.optional(),
    root: z.array(PhysicalAddress).min(1).max(LIST_ITEMS_MAX).optional(),
    severity: Severity.optional().describe('What matters at least as much.'),
    where: z
      .array(Check)
      .max(CHECKS_MAX)
      .default([])
      .describe('Checks of the frame: `/event/scope`, `/outcome/kind`, `/command/value`.'),
  })
  .meta({
    id: 'Pattern',
    description: 'Which commands and events are meant.',
    examples: [{ kind: ['tlb-flushed'], where: [{ path: '/event/scope', value: 'all' }] }],
  });
export type Pattern = z.output<typeof Pattern>;

/** The record that missed a pattern by the least. */
export const NearestFrame = z
  .strictObject({
    frame: HistoryFrame,
    failed: z.array(z.string()).describe('Parts of the pattern that it does not fit.'),
    checks: z.array(CheckResult).describe('Checks that it does not pass.'),
  })
  .meta({ id: 'NearestFrame', description: 'What missed a pattern by the least, and by what.' });
export type NearestFrame = z.output<typeof NearestFrame>;

/** A pattern, ready to be compared with many records. */
export interface Matcher {
  readonly pattern: Pattern;
  readonly filter: Filter;
}

/** @throws {ApiError} If a check of the pattern could never hold. @param at Of it in the body. */
export function matcherOf(pattern: Pattern, at: string): Matcher {
  requireSensible(pattern.where, framesOf(pattern), `${at}/where`);
  return { pattern, filter: filterOf(pattern) };
}

/** @param text The frame as the wire has it; asked for only where a check needs it. */
export function matches(
  { pattern, filter }: Matcher,
  record: HistoryRecord,
  wire: () => unknown = () => wireOf(record),
): boolean {
  if (filter !== null && !filter(record)) return false;
  return pattern.where.length === 0 || holdsAll(pattern.where, wire());
}

/** A frame as the wire has it. */
export function wireOf(record: HistoryRecord): unknown {
  return JSON.parse(writeHistory(record));
}

/**
 * What misses the pattern by the fewest parts; the newest of those, null if there is none.
 *
 * @param order That a record has to stand behind, where the pattern is part of a sequence.
 */
export function nearestOf(
  { pattern }: Matcher,
  records: Iterable<HistoryRecord>,
  order: number | null = null,
): NearestFrame | null {
  const parts = filterPartsOf(pattern);
  let nearest: NearestFrame | null = null;
  let fewest = parts.length + pattern.where.length;
  for (const record of records) {
    const failed = parts.flatMap(({ name, wants }) => (wants(record) ? [] : [name as string]));
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

/** The frames that a pattern may mean: with kinds of events, only those of these events. */
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
