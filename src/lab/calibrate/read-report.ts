import { createKvmStatReader } from './kvm-stat.js';
import { createTraceReader } from './kvm-trace.js';
import { createPerfReportReader } from './perf-report.js';
import {
  type Origin,
  type Reading,
  type ReportReader,
  type Taken,
  unread as unreadLine,
} from './reading.js';
import { createVmexitReader } from './vmexit-test.js';

/** A kind of lines that nobody could use, and the first of them. */
export interface UnreadKind {
  readonly what: string;
  count: number;
  readonly example: string;
}

/** Everything that files said. */
export interface Report {
  readonly readings: readonly Reading[];
  /** Events that were counted and not timed. */
  readonly counts: ReadonlyMap<string, number>;
  readonly unread: readonly UnreadKind[];
  /** Lines that were understood, and that no price is made of. */
  readonly aside: readonly UnreadKind[];
  readonly origin: Readonly<Origin>;
}

/** Formats that are read, for messages. */
export const FORMATS =
  "perf kvm stat report, a trace with kvm_exit and kvm_entry (perf script), and kvm-unit-tests' vmexit";

/** A line that is longer is not of any report. */
const LINE_MAX = 1024;

/** Characters of an example. */
const EXAMPLE_MAX = 100;

const NO_FORMAT = 'line of no format that is read';

/** Kinds of lines that nobody knows: other tools' tables, and what is no text at all. */
const FOREIGN = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they show that it is no text.
  { what: 'line that is no text', of: /[\u0000-\u0008\u000e-\u001f\ufffd]/ },
  {
    what: 'row of a table of another tool',
    of: /^\s*\S.*?(?:\s+\d[\d.,]*(?:[a-zµ]{1,2}|%)?){2,}\s*$/,
  },
];

/** Characters of a recording that an example shows: its magic number. */
const PERF_DATA_SHOWN = 8;

/** First bytes of a recording, which perf makes text of. */
const PERF_DATA = /^PERFILE/;
const RECORDING =
  'perf.data as it was recorded: "perf kvm stat report" or "perf script" makes text of it';

/** Signs of a quote in a mail, and colours of a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's colours begin with one.
const WRAPPING = /^\ufeff|^(?:>\s?)+|\u001b\[[\d;]*[A-Za-z]/g;

/** Signs between groups of three digits that are neither a point nor a comma: of fr, de_CH, and others. */
const GROUPS = /(?<=\d)[\u00a0\u202f'\u2019](?=\d{3}(?!\d))/g;

const CPU = /^#\s*cpudesc\s*:\s*(.+)$/;
const KERNEL = /^#\s*os release\s*:\s*(.+)$/;

/** Reads texts of any format, each line by the first reader that knows it. */
export function readReports(texts: readonly string[]): Report {
  const unread = new Map<string, UnreadKind>();
  const aside = new Map<string, UnreadKind>();
  const origin: Origin = { cpu: null, kernel: null };
  const readings: Reading[] = [];
  const counts = new Map<string, number>();
  for (const text of texts) {
    if (PERF_DATA.test(text)) {
      countKind(unread, RECORDING, text.slice(0, PERF_DATA_SHOWN));
      continue;
    }
    const readers = [
      createPerfReportReader(),
      createTraceReader(),
      createKvmStatReader(),
      createVmexitReader(),
    ];
    for (const written of text.split(/\r\n|\r|\n/)) {
      const line = written.slice(0, LINE_MAX).replace(WRAPPING, '').replace(GROUPS, '').trimEnd();
      if (line.trim() === '') continue;
      origin.cpu ??= CPU.exec(line)?.[1] ?? null;
      origin.kernel ??= KERNEL.exec(line)?.[1] ?? null;
      const taken = takenBy(readers, line);
      if (taken.kind !== 'taken') {
        countKind(taken.kind === 'aside' ? aside : unread, taken.what, line);
      }
    }
    for (const reader of readers) {
      readings.push(...reader.readings());
      for (const [name, count] of reader.counts()) counts.set(name, count);
    }
  }
  return { readings, counts, unread: [...unread.values()], aside: [...aside.values()], origin };
}

function takenBy(readers: readonly ReportReader[], line: string): Taken {
  for (const reader of readers) {
    const taken = reader.take(line);
    if (taken !== null) return taken;
  }
  return unreadLine(FOREIGN.find(({ of }) => of.test(line))?.what ?? NO_FORMAT);
}

function countKind(kinds: Map<string, UnreadKind>, what: string, line: string): void {
  const kind = kinds.get(what) ?? { what, count: 0, example: line.trim().slice(0, EXAMPLE_MAX) };
  kind.count += 1;
  kinds.set(what, kind);
}
