import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { counted } from './counted.js';
import { EXIT } from './exit-codes.js';
import { STANDARD_INPUT } from './input.js';
import { chosenBy, type JournalOptions, openChosen, openKept } from './kept-journal.js';
import type { Terminal } from './terminal.js';
import { UnusableFile, WrongUse } from './wrong-use.js';

interface ExportOptions extends JournalOptions {
  readonly vm?: string;
}

/** `mmulab journal export FILE`. Ends with 1 if something was damaged and left out. */
export async function exportTo(
  file: string,
  options: ExportOptions,
  terminal: Terminal,
): Promise<void> {
  const { exportJournal } = await import('../server/index.js');
  const journal = await openKept(
    await chosenBy(options, 'Cannot export', terminal),
    'Cannot export',
  );
  try {
    const { vm = null } = options;
    if (vm !== null && (await journal.list()).every((head) => head.vm !== vm)) {
      throw new WrongUse(`Cannot export: no VM "${vm}" is kept there`);
    }
    let damaged = 0;
    const lines = exportJournal(journal, vm, (what, why) => {
      damaged += 1;
      terminal.stderr.write(`${what}: ${why}\n`);
    });
    await writeLines(file, lines, terminal);
    terminal.exitCode = damaged === 0 ? EXIT.done : EXIT.objected;
  } finally {
    await journal.close();
  }
}

async function writeLines(
  file: string,
  lines: AsyncIterable<string>,
  { stdout }: Terminal,
): Promise<void> {
  const text = Readable.from(withFeeds(lines));
  if (file === STANDARD_INPUT) {
    await pipeline(text, stdout, { end: false });
    return;
  }
  // A file that is there may be all that is left of a VM.
  const target = createWriteStream(file, { flags: 'wx' });
  let isOpened = false;
  target.once('open', () => {
    isOpened = true;
  });
  try {
    await pipeline(text, target);
  } catch (error) {
    if (isOpened) await rm(file, { force: true });
    throw new WrongUse(`Cannot write "${file}": ${(error as Error).message}`);
  }
}

async function* withFeeds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

/** `mmulab journal import FILE`. */
export async function importFrom(
  file: string,
  options: JournalOptions,
  terminal: Terminal,
): Promise<void> {
  const { CannotImport, importJournal } = await import('../server/index.js');
  const chosen = await chosenBy(options, 'Cannot import', terminal);
  const journal = await openChosen(chosen, 'Cannot import');
  try {
    const { vms, isWhole } = await importJournal(journal, () => textLines(file));
    const beside = isWhole ? ', with the jobs, answers and price lists beside them' : '';
    terminal.stdout.write(`${counted(vms.length, 'VM')} taken in${beside}\n`);
    terminal.exitCode = EXIT.done;
  } catch (error) {
    const isKnown = error instanceof CannotImport || (error as Error).name === 'NotWritten';
    if (!isKnown) throw error;
    throw new WrongUse(`Cannot import "${file}": ${(error as Error).message}`);
  } finally {
    await journal.close();
  }
}

async function* textLines(file: string): AsyncGenerator<string> {
  const input = createReadStream(file);
  // The lines end when the file cannot be read, and do not say so.
  const failed = new Promise<never>((_, reject) => input.once('error', reject));
  failed.catch(() => {});
  try {
    await Promise.race([failed, new Promise((resolve) => input.once('open', resolve))]);
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    throw new UnusableFile(file, error);
  }
}
