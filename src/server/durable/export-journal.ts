import { createHash } from 'node:crypto';
import type { Journal, LogHead } from '../../journal/log/index.js';
import { ApiError } from '../wire/errors.js';
import { bodyFrom } from './bodies.js';
import { base64Of, firstLine, type JournalLine } from './journal-lines.js';
import { noteFrom } from './note.js';
import { wholePartOf } from './read-log.js';
import { MENDS, ROOMS_OF_ALL, SNAPSHOTS, TRACED } from './rooms.js';

/** A thing that is wrong with a VM, as a sentence. */
export type Complain = (vm: string, why: string) => void;

/**
 * Writes a journal as lines, without their line feeds: every VM with its records, checkpoints and
 * snapshots as far as they are whole, in the order in which VMs were made.
 *
 * @param only The one VM to write; null for all of them, and what is kept beside them.
 * @param complain Told of what is damaged and left out.
 */
export async function* exportJournal(
  journal: Journal,
  only: string | null,
  complain: Complain,
): AsyncGenerator<string> {
  const sum = createHash('sha256');
  let lines = 0;
  for await (const line of linesOf(journal, only, complain)) {
    const text = JSON.stringify(line);
    lines += 1;
    sum.update(text);
    yield text;
  }
  const end: JournalLine = { line: 'end', lines, sha256: sum.digest('hex') };
  yield JSON.stringify(end);
}

async function* linesOf(
  journal: Journal,
  only: string | null,
  complain: Complain,
): AsyncGenerator<JournalLine> {
  yield firstLine(only === null ? 'all' : 'vm');
  if (only === null) for (const room of ROOMS_OF_ALL) yield* valuesOf(journal, room, complain);
  for (const head of await headsOf(journal, only)) {
    try {
      yield* vmLines(journal, head, complain);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      complain(head.vm, error.message);
    }
  }
}

/** The logs to write, in the order in which their VMs were made. */
async function headsOf(journal: Journal, only: string | null): Promise<LogHead[]> {
  const heads = await journal.list();
  const numberOf = ({ note }: LogHead) => noteFrom(note)?.number ?? Number.POSITIVE_INFINITY;
  return heads
    .filter(({ vm }) => only === null || vm === only)
    .map((head) => ({ head, number: numberOf(head) }))
    .sort((a, b) => a.number - b.number)
    .map(({ head }) => head);
}

async function* vmLines(
  journal: Journal,
  { vm, note }: LogHead,
  complain: Complain,
): AsyncGenerator<JournalLine> {
  const { history, tail, checkpoints, base, damage } = await wholePartOf(journal, vm);
  if (damage !== null) {
    complain(vm, `record ${damage.position}: ${damage.reason}; what follows it is left out`);
  }
  const records = [...history, ...tail];
  const position = records.at(-1)?.position ?? base?.position ?? 0;
  yield { line: 'vm', vm, position, note: noteFrom(note) };
  for (const { position, record } of records) {
    const { body, ...facts } = record;
    yield { line: 'record', position, ...facts, ...written(body) };
  }
  const first = records[0]?.position ?? position + 1;
  for (const one of checkpoints) {
    if (one.position < first - 1) continue;
    yield { line: 'checkpoint', position: one.position, ...written(one.body) };
  }
  yield* valuesOf(journal, SNAPSHOTS, complain, `${vm}/`);
  for (const room of [TRACED, MENDS]) {
    for await (const one of valuesOf(journal, room, complain, vm)) if (one.key === vm) yield one;
  }
}

async function* valuesOf(journal: Journal, room: string, complain: Complain, prefix = '') {
  for await (const { key, value } of journal.values(room, prefix)) {
    yield { line: 'value', room, key, value: base64Of(value) } as const;
  }
  for (const key of await journal.damaged(room)) {
    if (!key.startsWith(prefix)) continue;
    complain(key, `its checksum in "${room}" is wrong; it is left out`);
  }
}

function written(body: Uint8Array): { readonly facts: unknown; readonly bytes: string } {
  const { facts, bytes } = bodyFrom(body);
  return { facts, bytes: base64Of(bytes) };
}
