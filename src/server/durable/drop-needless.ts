import type { Journal, LogHead } from '../../journal/log/index.js';
import type { Limits } from '../wire/bounds.js';
import { readCheckpoint } from './checkpoint.js';
import { dropStates } from './named-states.js';
import { type Marked, needlessOf } from './needless.js';
import { noteFrom } from './note.js';
import { ANSWERS, JOBS } from './rooms.js';

export interface DropOptions {
  readonly limits: Pick<Limits, 'idempotencyMs' | 'jobKeptMs'>;
  /** Time of day, in milliseconds. */
  readonly now: number;
  /** Age in milliseconds from which VMs go that nothing has changed since; null to keep them all. */
  readonly vmMsMax: number | null;
}

/** The number of things that were dropped, by their kind. */
export interface Dropped {
  vms: number;
  checkpoints: number;
  jobs: number;
  answers: number;
}

/** Drops what a journal can do without: see docs/operating.md for the rules. */
export async function dropNeedless(journal: Journal, options: DropOptions): Promise<Dropped> {
  const { limits, now, vmMsMax } = options;
  const dropped: Dropped = { vms: 0, checkpoints: 0, jobs: 0, answers: 0 };
  for (const head of await journal.list()) {
    if (vmMsMax !== null && isOlder(head, now - vmMsMax)) {
      await Promise.all([journal.delete(head.vm), dropStates(journal, head.vm)]);
      dropped.vms += 1;
    } else dropped.checkpoints += await dropCheckpoints(journal, head.vm);
  }
  dropped.jobs = await dropValues(journal, JOBS, 'endedAt', now - limits.jobKeptMs);
  dropped.answers = await dropValues(journal, ANSWERS, 'at', now - limits.idempotencyMs);
  return dropped;
}

function isOlder({ note }: LogHead, since: number): boolean {
  return (noteFrom(note)?.at ?? since) < since;
}

async function dropCheckpoints(journal: Journal, vm: string): Promise<number> {
  const marked: Marked[] = [];
  for (const { position, bytes } of await journal.checkpoints(vm)) {
    if (bytes === null) continue;
    marked.push({ position, seq: readCheckpoint(position, bytes).facts.seq, bytes: bytes.length });
  }
  const needless = needlessOf(marked);
  await Promise.all(needless.map(({ position }) => journal.dropCheckpoint(vm, position)));
  return needless.length;
}

/** Drops the values of a room that have a time before another one in a field. */
async function dropValues(
  journal: Journal,
  room: string,
  field: 'at' | 'endedAt',
  since: number,
): Promise<number> {
  const dropped: Promise<void>[] = [];
  for await (const { key, value } of journal.values(room)) {
    const at = timeIn(value, field);
    if (at !== null && at < since) dropped.push(journal.remove(room, key));
  }
  await Promise.all(dropped);
  return dropped.length;
}

function timeIn(value: Uint8Array, field: string): number | null {
  const read: unknown = JSON.parse(new TextDecoder().decode(value));
  const at: unknown = typeof read === 'object' && read !== null ? Reflect.get(read, field) : null;
  return typeof at === 'number' ? at : null;
}
