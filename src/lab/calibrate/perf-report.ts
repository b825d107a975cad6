import { exitNameOf } from './exit-names.js';
import {
  aside,
  meanWithin,
  NAME_MAX,
  NO_COUNTS,
  type Reading,
  type ReportReader,
  TAKEN,
  type Taken,
  unread,
} from './reading.js';

/** Columns that a table may have, in the words of every version, without case. */
const COLUMNS = {
  samples: /^samples$/,
  sampleShare: /^samples?%$/,
  time: /^time \(ns\)$/,
  timeShare: /^time%$/,
  least: /^min time(?: \(ns\))?$/,
  most: /^max time(?: \(ns\))?$/,
  mean: /^(?:avg|mean) time(?: \(ns\))?$/,
} as const;
type ColumnName = keyof typeof COLUMNS;

/** Space before a column of a head: names and columns may have spaces in them. */
const HEAD_GAP =
  /(?<!\b(?:min|max|avg|mean))\s+(?=samples?%?(?:\s|$)|time(?:%| \(ns\))|(?:min|max|avg|mean) time)/;

/** Since Linux 6.4 the unit of a time stands in the head. */
const UNIT_IN_HEAD = /\(ns\)/;

/** Row of `--event=mmio`, `ioport` or `msr`: an address, and what was done there. */
const ADDRESS = /^0x[\da-f]+:(?:[rw]|pin|pout)$/i;
const BY_ADDRESS =
  'row of accesses by address, of MMIO, I/O ports or MSRs: a price is one of exits by reason';

/** A figure with its unit. A locale may have a comma for the point, or groups of three digits. */
const FIGURE = /^(\d+(?:[.,]\d+)*)(us|µs|ns|ms|s|%)?$/;
const GROUPED = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
const GROUPED_BY_POINT = /^\d{1,3}(?:\.\d{3})+,\d+$/;
const US: Readonly<Record<string, number>> = { ns: 1e-3, us: 1, µs: 1, ms: 1e3, s: 1e6 };

/** Spread behind the mean: the relative standard error, in percent. */
const SPREAD = /\(?\s*(?:\+-|\+\/-|±)\s*(\d+(?:[.,]\d+)?)\s*%\s*\)?/;

/** Figures of a row at least: a name with fewer is of another tool. */
const FIGURES_MIN = 2;

/** Lines around the tables. */
const AROUND =
  /^(?:Analyze events for |Warning:$|Processed \d+ events and lost |Check IO\/CPU overload|Total Samples:|Lost events:|unknown kvm exit code|\[ perf record: |\d\d:\d\d:\d\d\.\d{6}$|[\d.]+ VM \d+, vcpu \d+: )/;

/**
 * Reads `perf kvm stat report`, and `live`, which prints the same again and again: any number of
 * tables, the columns in any order.
 *
 * @see Linux `print_result()`, tools/perf/builtin-kvm.c
 */
export function createPerfReportReader(): ReportReader {
  const found: Reading[] = [];
  /** Columns of the table that is being read; null outside, and in one that is not of exits. */
  let columns: ColumnName[] | null = null;
  let isOfExits = false;
  let unit = '';

  function takeRow(line: string): Taken | null {
    const spread = SPREAD.exec(line);
    const cells = cellsOf(line.replace(SPREAD, ''));
    if (cells.figures.length < FIGURES_MIN || cells.name === '') return null;
    if (!isOfExits || ADDRESS.test(cells.name)) return aside(BY_ADDRESS);
    if (columns === null || cells.figures.length !== columns.length) {
      return unread('row of a perf kvm stat table that does not fit its head');
    }
    const row = rowOf(columns, cells.figures, unit);
    if (row === null)
      return unread('row of a perf kvm stat table without samples or a unit of time');
    found.push(readingOf(cells.name, row, spread === null ? null : numberOf(spread[1] as string)));
    return TAKEN;
  }

  return {
    take(line) {
      if (AROUND.test(line)) {
        if (line.startsWith('Total Samples:')) columns = null;
        return TAKEN;
      }
      const head = headOf(line);
      if (head !== null) {
        ({ columns, isOfExits, unit } = head);
        return TAKEN;
      }
      return columns === null ? null : takeRow(line);
    },
    readings: () => found,
    counts: () => NO_COUNTS,
  };
}

/** Columns behind the name, if the line is the head of a table that has a mean. */
function headOf(line: string): { columns: ColumnName[]; isOfExits: boolean; unit: string } | null {
  const [first = '', ...words] = line.toLowerCase().trim().split(HEAD_GAP);
  const columns = words.flatMap((word) => {
    const names = Object.keys(COLUMNS) as ColumnName[];
    return names.filter((name) => COLUMNS[name].test(word));
  });
  if (columns.length !== words.length) return null;
  if (!columns.includes('mean') || !columns.includes('samples')) return null;
  const isOfExits = first === 'vm-exit' || first === 'event name';
  return { columns, isOfExits, unit: UNIT_IN_HEAD.test(line) ? 'ns' : '' };
}

/** A row's name, which may have spaces in it, and the figures behind it. */
function cellsOf(line: string): { name: string; figures: string[] } {
  const words = line.trim().split(/\s+/);
  let from = words.length;
  while (from > 0 && FIGURE.test(words[from - 1] as string)) from -= 1;
  return { name: words.slice(0, from).join(' '), figures: words.slice(from) };
}

interface Row {
  readonly samples: number;
  readonly mean: number;
  readonly least: number | null;
}

/**
 * The figures that a reading needs, times in microseconds; null if one has no unit.
 *
 * @param given Unit of a time that has none of its own.
 */
function rowOf(
  columns: readonly ColumnName[],
  figures: readonly string[],
  given: string,
): Row | null {
  const cell = (column: ColumnName) => {
    const [, digits, unit = given] = FIGURE.exec(figures[columns.indexOf(column)] ?? '') ?? [];
    const value = digits === undefined ? Number.NaN : numberOf(digits);
    return Number.isFinite(value) ? { value, unit } : null;
  };
  const [samples, mean, least] = [cell('samples'), cell('mean'), cell('least')];
  const scale = US[mean?.unit ?? ''];
  if (samples === null || samples.value < 1 || mean === null || scale === undefined) return null;
  const leastScale = US[least?.unit ?? ''];
  return {
    samples: samples.value,
    mean: mean.value * scale,
    least: least === null || leastScale === undefined ? null : least.value * leastScale,
  };
}

function readingOf(name: string, { samples, mean, least }: Row, percent: number | null): Reading {
  const shortest = Math.min(least ?? (percent === null ? mean : 0), mean);
  // Without a spread the shortest is all that tells how far the mean may be off.
  const error = percent === null ? (mean - shortest) / 2 : (mean * percent) / 100;
  return {
    kind: 'handled',
    name: exitNameOf(name),
    unit: 'us',
    samples,
    ...meanWithin({ value: mean, error, least: shortest, samples }),
    least: shortest,
    from: `perf kvm stat: ${name.slice(0, NAME_MAX)} ${mean.toFixed(2)} us, samples ${samples}`,
  };
}

function numberOf(digits: string): number {
  if (GROUPED.test(digits)) return Number(digits.replaceAll(',', ''));
  const plain = GROUPED_BY_POINT.test(digits) ? digits.replaceAll('.', '') : digits;
  return Number(plain.replace(',', '.'));
}
