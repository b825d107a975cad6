import { type Column, tableLines } from '../plain-text.js';
import { grouped, PRESETS, PRICE_NAMES, type PriceName } from '../race/index.js';
import type { Calibration, CalibrationSetup } from './calibrate.js';
import { FORMATS, type UnreadKind } from './read-report.js';

/** Names that a sentence lists. */
const NAMES_SHOWN = 12;

/** Says what a calibration found, what is left to the base, and what nobody understood. */
export function calibrationText(calibration: Calibration, setup: CalibrationSetup): string {
  const { file, report, unused, nothingLeft } = calibration;
  const found = PRICE_NAMES.filter((name) => name in file.prices);
  const lines = found.length === 0 ? [nothingText(calibration)] : foundLines(calibration, setup);
  if (nothingLeft.length > 0) {
    lines.push(
      `Left to the base, because what remained of a reading is no price: ${listOf(nothingLeft)}.`,
    );
  }
  if (unused.length > 0) lines.push(`No price follows from ${listOf(unused)}.`);
  if (found.length > 0 && report.counts.size > 0) lines.push(countsText(report.counts.size));
  lines.push(...report.aside.map((kind) => kindText('Not used', kind)));
  lines.push(...report.unread.map((kind) => kindText('Not understood', kind)));
  return `${lines.join('\n')}\n`;
}

function kindText(fate: string, { what, count, example }: UnreadKind): string {
  const times = count === 1 ? 'a line' : `${count} lines`;
  return `${fate}: ${times} (${what}), the first: ${JSON.stringify(example)}`;
}

function foundLines(
  { file, report, rows }: Calibration,
  { base, ghz }: CalibrationSetup,
): string[] {
  const found = PRICE_NAMES.filter((name) => name in file.prices);
  const left = PRICE_NAMES.length - found.length;
  const lines = [
    `${found.length === 1 ? '1 price was' : `${found.length} prices were`} found; the other ${left} are those of ${base}.`,
    ...tableLines(
      COLUMNS,
      found.map((name) => ({
        name,
        price: file.prices[name] as Row['price'],
        row: rows.get(name) ?? '',
      })),
    ),
  ];
  const isTimed = report.readings.some(({ unit }) => unit === 'us');
  if (isTimed && ghz === undefined) {
    lines.push(`Times became cycles at ${PRESETS[base].ghz} GHz, that of ${base}: --ghz is yours.`);
  }
  if (isTimed && !found.includes('exit')) {
    lines.push(
      'exit is left to the base: perf sees the time from an exit to the entry, without the two world switches.',
    );
  }
  return lines;
}

function nothingText({ report: { counts } }: Calibration): string {
  const why = counts.size === 0 ? '' : ` ${countsText(counts.size)}`;
  return `Cannot calibrate: no price follows from what was given; ${FORMATS} are read.${why}`;
}

function countsText(size: number): string {
  const events = size === 1 ? 'one event' : `${size} events`;
  return `kvm_stat and perf stat count and take no time: nothing follows from ${events} of theirs.`;
}

interface Row {
  readonly name: PriceName;
  readonly price: { readonly value: number; readonly low: number; readonly high: number };
  readonly row: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { head: 'price', isText: true, of: ({ name }) => name },
  { head: 'cycles', of: ({ price }) => grouped(price.value) },
  { head: 'low', of: ({ price }) => grouped(price.low) },
  { head: 'high', of: ({ price }) => grouped(price.high) },
  { head: 'row of a report', isText: true, of: ({ row }) => row },
];

function listOf(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  return `${names.slice(0, NAMES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
