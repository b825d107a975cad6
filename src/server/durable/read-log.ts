import { PACKED_VERSION } from '../../journal/index.js';
import type { Journal, LogRecord, Placed } from '../../journal/log/index.js';
import { RULES_VERSION } from '../../mmu/index.js';
import { ApiError } from '../wire/errors.js';
import { type ReadCheckpoint, readCheckpoint } from './checkpoint.js';

/** A record in its place. */
export interface InPlace {
  readonly position: number;
  readonly record: LogRecord;
}

/** A log as far as it is whole. */
export interface ReadLog {
  /** The newest checkpoint that is whole; null to begin at the first record. */
  readonly base: ReadCheckpoint | null;
  /** Checkpoints that are whole, oldest first, `base` among them. */
  readonly checkpoints: readonly ReadCheckpoint[];
  /** Records up to the base, without a gap, oldest first. */
  readonly history: readonly InPlace[];
  /** Records behind the base. */
  readonly tail: readonly InPlace[];
  /** The first record behind the base that is none, with all that follows lost; null without one. */
  readonly damage: { readonly position: number; readonly reason: string } | null;
}

/**
 * Reads the log of a VM.
 *
 * @throws {ApiError} If it was written under other rules, or nothing whole is left to begin at.
 */
export async function readLog(journal: Journal, vm: string): Promise<ReadLog> {
  try {
    const read = await wholePartOf(journal, vm);
    demandRules(vm, read);
    return read;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw unreadable(vm, `its log cannot be read (${(error as Error).message})`);
  }
}

/**
 * Reads a log as far as it is whole, whatever rules it was written under.
 *
 * @throws {ApiError} If nothing whole is left to begin at.
 */
export async function wholePartOf(journal: Journal, vm: string): Promise<ReadLog> {
  const checkpoints = (await journal.checkpoints(vm)).flatMap(({ position, bytes }) =>
    bytes === null ? [] : [readCheckpoint(position, bytes)],
  );
  const base = checkpoints.at(-1) ?? null;
  // Before the records are read: what others write meanwhile is not missing.
  const last = await journal.position(vm);
  const placed: Placed[] = [];
  for await (const one of journal.read(vm, 1)) placed.push(one);
  const from = base?.position ?? 0;
  const history = lastRun(placed.filter(({ position }) => position <= from));
  const behind = placed.filter(({ position }) => position > from);
  const { run: tail, damage } = firstRun(behind, from + 1, last);
  if (base === null && tail[0]?.record.kind !== 'made') {
    throw unreadable(vm, 'its first record is lost, and there is no checkpoint behind it');
  }
  return { base, checkpoints, history, tail, damage };
}

/** @throws {ApiError} If a record that has to be run again was written under other rules. */
function demandRules(vm: string, { base, tail }: ReadLog): void {
  const rules = [base?.facts.rules ?? RULES_VERSION, ...tail.map(({ record }) => record.rules)];
  const other = rules.find((one) => one !== RULES_VERSION);
  if (other !== undefined) {
    throw unreadable(
      vm,
      `it was written under rules ${other}, and these are ${RULES_VERSION}; the version of mmulab that wrote it reads it`,
    );
  }
  const packing = tail.find(({ record }) => record.packing !== PACKED_VERSION)?.record.packing;
  if (packing !== undefined) {
    const form = `its commands are packed in form ${packing}, not ${PACKED_VERSION}`;
    throw unreadable(vm, `${form}; the version of mmulab that wrote it reads it`);
  }
}

/** The log of a VM is of no use to this server. */
export function unreadable(vm: string, why: string): ApiError {
  return new ApiError('journal-failed', `Cannot make VM "${vm}" again: ${why}`);
}

/** The records behind the last one that is none or missing. */
function lastRun(placed: readonly Placed[]): InPlace[] {
  const run: InPlace[] = [];
  for (const one of [...placed].reverse()) {
    if (!('record' in one)) break;
    const next = run.at(-1)?.position;
    if (next !== undefined && one.position !== next - 1) break;
    run.push(one);
  }
  return run.reverse();
}

/** The records before the first one that is none or missing. @param last Number of the newest one. */
export function firstRun(
  placed: readonly Placed[],
  first: number,
  last: number,
): { readonly run: InPlace[]; readonly damage: ReadLog['damage'] } {
  const run: InPlace[] = [];
  for (const one of placed) {
    const position = first + run.length;
    if (one.position !== position) return { run, damage: { position, reason: 'it is missing' } };
    if (!('record' in one)) return { run, damage: { position, reason: one.damage } };
    run.push(one);
  }
  const next = first + run.length;
  return { run, damage: next > last ? null : { position: next, reason: 'it is missing' } };
}
