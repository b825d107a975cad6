import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dropped } from '../server/index.js';
import { counted } from './counted.js';
import { EXIT } from './exit-codes.js';
import { type FolderOptions, folderOf, openKept } from './journal-folder.js';
import type { Terminal } from './terminal.js';

interface CompactOptions extends FolderOptions {
  /** In milliseconds. */
  readonly olderThan?: number;
}

/** `mmulab journal compact`. */
export async function compactJournal(
  { olderThan, ...options }: CompactOptions,
  terminal: Terminal,
): Promise<void> {
  const { DEFAULT_LIMITS, dropNeedless } = await import('../server/index.js');
  const { JOURNAL_FILE } = await import('../journal/lmdb/index.js');
  const file = join(await folderOf(options, 'Cannot compact', terminal), JOURNAL_FILE);
  const journal = await openKept(options, 'Cannot compact', terminal);
  const before = (await stat(file)).size;
  const limits = DEFAULT_LIMITS;
  const dropped = await dropNeedless(journal, {
    limits,
    now: Date.now(),
    vmMsMax: olderThan ?? null,
  });
  await journal.closeCompacted();
  const after = (await stat(file)).size;
  const sizes = `${before.toLocaleString('en')} bytes before, ${after.toLocaleString('en')} after`;
  terminal.stdout.write(`${sizes}; dropped ${wordsOf(dropped)}\n`);
  terminal.exitCode = EXIT.done;
}

function wordsOf({ vms, checkpoints, jobs, answers }: Dropped): string {
  const counts = [counted(vms, 'VM'), counted(checkpoints, 'checkpoint'), counted(jobs, 'job')];
  return [...counts, counted(answers, 'answer')].join(', ');
}
