import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Journal } from '../journal/log/index.js';
import type { Dropped } from '../server/index.js';
import { counted } from './counted.js';
import { EXIT } from './exit-codes.js';
import { chosenBy, type JournalOptions, openKept } from './kept-journal.js';
import type { Terminal } from './terminal.js';

interface CompactOptions extends JournalOptions {
  /** In milliseconds. */
  readonly olderThan?: number;
}

/** `mmulab journal compact`. NATS gives the room of what is dropped back by itself. */
export async function compactJournal(
  { olderThan, ...options }: CompactOptions,
  terminal: Terminal,
): Promise<void> {
  const { DEFAULT_LIMITS: limits, dropNeedless } = await import('../server/index.js');
  const chosen = await chosenBy(options, 'Cannot compact', terminal);
  const journal = await openKept(chosen, 'Cannot compact');
  const sizeOf = async () =>
    chosen.kind === 'folder' ? await fileBytes(chosen.path) : journal.bytes;
  const before = await sizeOf();
  const drop = { limits, now: Date.now(), vmMsMax: olderThan ?? null };
  const dropped = await dropNeedless(journal, drop);
  await closeCompacted(journal);
  const after = await sizeOf();
  const sizes = `${before.toLocaleString('en')} bytes before, ${after.toLocaleString('en')} after`;
  terminal.stdout.write(`${sizes}; dropped ${wordsOf(dropped)}\n`);
  terminal.exitCode = EXIT.done;
}

async function fileBytes(folder: string): Promise<number> {
  const { JOURNAL_FILE } = await import('../journal/lmdb/index.js');
  return (await stat(join(folder, JOURNAL_FILE))).size;
}

async function closeCompacted(journal: Journal): Promise<void> {
  const { LmdbJournal } = await import('../journal/lmdb/index.js');
  if (journal instanceof LmdbJournal) await journal.closeCompacted();
  else await journal.close();
}

function wordsOf({ vms, checkpoints, jobs, answers }: Dropped): string {
  const counts = [counted(vms, 'VM'), counted(checkpoints, 'checkpoint'), counted(jobs, 'job')];
  return [...counts, counted(answers, 'answer')].join(', ');
}
