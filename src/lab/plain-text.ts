/** A column of a plain-text table. */
export interface Column<T> {
  readonly head: string;
  /** Aligns the column to the left, as text; otherwise to the right, as numbers. */
  readonly isText?: boolean;
  readonly of: (row: T) => number | string;
}

const GAP = 2;

/** The lines of a table, its heads first. */
export function tableLines<T>(columns: readonly Column<T>[], rows: readonly T[]): string[] {
  const table = cellsOf(columns, rows);
  const widths = widthsOf(table);
  return table.map((row) =>
    row
      .map((cell, place) => {
        const width = widths[place] as number;
        return columns[place]?.isText === true ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

/** Characters of a line of the table. */
export function columnsWidth<T>(columns: readonly Column<T>[], rows: readonly T[]): number {
  const widths = widthsOf(cellsOf(columns, rows));
  return widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);
}

/** Breaks a text between words; a word longer than a line gets a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width || line === '') {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  return line === '' ? lines : [...lines, line];
}

function cellsOf<T>(columns: readonly Column<T>[], rows: readonly T[]): string[][] {
  const heads = columns.map(({ head }) => head);
  return [heads, ...rows.map((row) => columns.map(({ of }) => textOf(of(row))))];
}

function widthsOf(table: readonly (readonly string[])[]): number[] {
  return (table[0] ?? []).map((_, place) =>
    Math.max(...table.map((row) => (row[place] as string).length)),
  );
}

/** Text of a number in at most six characters; large ones are rounded. */
function textOf(value: number | string): string {
  if (typeof value === 'string') return value;
  if (value < 999_999.5) return String(Math.round(value));
  if (value < 999.95e6) return `${(value / 1e6).toFixed(1)}M`;
  return `${(value / 1e9).toFixed(1)}G`;
}
