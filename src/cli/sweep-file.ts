import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { keyOf, type SweepCell, SweepRow } from '../lab/index.js';
import { UnusableFile } from './wrong-use.js';

/** Rows of a file that a sweep goes on from, and the lines that it could not use. */
export interface SweepFile {
  readonly rows: ReadonlyMap<string, SweepRow>;
  /** Lines that are cut short, of another version, or no rows. */
  readonly unusable: number;
}

/**
 * Reads the rows that a sweep goes on from. One that was killed may have left half a line: it is
 * ended, so that rows can follow, and what is not a row is raced again.
 *
 * @throws {UnusableFile}
 */
export function openSweepFile(file: string, version: string): SweepFile {
  const rows = new Map<string, SweepRow>();
  let unusable = 0;
  const text = textOf(file);
  if (text !== '' && !text.endsWith('\n')) append(file, '\n');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const row = rowIn(line);
    if (row === null || row.version !== version) unusable += 1;
    else rows.set(keyOf(row.cell), row);
  }
  return { rows, unusable };
}

/** Adds a row to a file that was opened. @throws {UnusableFile} */
export function appendRow(file: string, row: SweepRow): void {
  append(file, `${JSON.stringify(row)}\n`);
}

/** Rows of the cells, in the order of the cells; those that are not there are left out. */
export function rowsFor(
  cells: readonly SweepCell[],
  rows: ReadonlyMap<string, SweepRow>,
): SweepRow[] {
  return cells.flatMap((cell) => rows.get(keyOf(cell)) ?? []);
}

function textOf(file: string): string {
  try {
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  } catch (error) {
    throw new UnusableFile(file, error);
  }
}

function append(file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (error) {
    throw new UnusableFile(file, error);
  }
}

function rowIn(line: string): SweepRow | null {
  try {
    const parsed = SweepRow.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
