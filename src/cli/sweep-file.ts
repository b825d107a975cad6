import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { keyOf, type SweepCell, SweepRow } from '../lab/index.js';
import { UnusableFile } from './wrong-use.js';

/** Rows of a file that a sweep goes on from, and the lines that it could not use. */
export interface SweepFile {
  readonly rows: ReadonlyMap<string, SweepRow>;
  /** Lines that are cut short, of another version, or no rows. */
  readonly unusable: number;
}

/** A sweep that was killed may have left half a line: what is not a row is raced again. */
export function readSweepFile(file: string, version: string): SweepFile {
  const rows = new Map<string, SweepRow>();
  let unusable = 0;
  for (const line of linesOf(file)) {
    const row = rowIn(line);
    if (row === null || row.version !== version) unusable += 1;
    else rows.set(keyOf(row.cell), row);
  }
  return { rows, unusable };
}

/** Adds a row; a line that was cut short before it is ended first. @throws {UnusableFile} */
export function appendRow(file: string, row: SweepRow): void {
  try {
    const isCut = existsSync(file) && /[^\n]$/.test(readFileSync(file, 'utf8').slice(-1));
    appendFileSync(file, `${isCut ? '\n' : ''}${JSON.stringify(row)}\n`);
  } catch (error) {
    throw new UnusableFile(file, error);
  }
}

/** Rows of the cells, in the order of the cells; those that are not there are left out. */
export function rowsFor(
  cells: readonly SweepCell[],
  rows: ReadonlyMap<string, SweepRow>,
): SweepRow[] {
  return cells.flatMap((cell) => rows.get(keyOf(cell)) ?? []);
}

function linesOf(file: string): string[] {
  if (!existsSync(file)) return [];
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
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
