import { PRESETS, PRICE_MAX, type PresetName, PriceFile, type PriceName } from '../race/index.js';
import { figuresOf } from './figures.js';
import { type Report, readReports } from './read-report.js';
import { RULES } from './rules.js';

/** Facts of a host that its reports may not have. */
export interface CalibrationSetup {
  readonly name: string;
  /** Processor, and what it ran; a trace with a header says it by itself. */
  readonly machine?: string;
  /** Cycles of a nanosecond; that of the base unless it is given. */
  readonly ghz?: number;
  /** The list that has what the reports do not tell. */
  readonly base: PresetName;
}

/** A price file out of reports, and what was made of them. */
export interface Calibration {
  readonly file: PriceFile;
  readonly report: Report;
  /** Names of readings that no price follows from. */
  readonly unused: readonly string[];
  /** Prices that had readings, of which no price remained: nothing, or more than a price may be. */
  readonly nothingLeft: readonly PriceName[];
  /** The row that each price was read from. */
  readonly rows: ReadonlyMap<PriceName, string>;
}

/** Characters of a source and of a machine. */
const SOURCE_MAX = 500;
const MACHINE_MAX = 200;

/** Reads reports of a host and makes a price list of them. */
export function calibrate(texts: readonly string[], setup: CalibrationSetup): Calibration {
  const report = readReports(texts);
  const base = PRESETS[setup.base];
  const ghz = setup.ghz ?? base.ghz;
  const { cpu, kernel } = report.origin;
  const on = { cpu: (setup.machine ?? cpu ?? 'this host').slice(0, MACHINE_MAX) };
  const ran = { kernel: (kernel ?? 'not named').slice(0, MACHINE_MAX) };

  const known = new Map<PriceName, PriceFile['prices'][PriceName] & object>();
  const nothingLeft: PriceName[] = [];
  const rows = new Map<PriceName, string>();
  const figures = figuresOf(report.readings, { ghz, base, known });
  for (const { price, find } of RULES) {
    const figure = find(figures);
    if (figure === null) continue;
    const [value, low, high] = [figure.value, figure.low, figure.high].map(Math.round) as Ends;
    if (value === 0 || !(high <= PRICE_MAX)) nothingLeft.push(price);
    else {
      const source = [figure.from, figure.how ?? []].flat().join(', ').slice(0, SOURCE_MAX);
      rows.set(price, figure.from);
      known.set(price, { value, low, high, sure: 'calibrated', ...on, ...ran, source });
    }
  }

  const file = PriceFile.parse({
    ...{ format: 'mmulab-prices', formatVersion: 1, name: setup.name },
    machine: machineOf(setup, report),
    ghz,
    base: setup.base,
    prices: Object.fromEntries(known),
  });
  const names = new Set(report.readings.map(({ name }) => name));
  const unused = [...names].filter((name) => !figures.asked.has(name));
  return { file, report, unused, nothingLeft, rows };
}

type Ends = [number, number, number];

function machineOf({ machine }: CalibrationSetup, { origin: { cpu, kernel } }: Report): string {
  const read = [cpu ?? 'this host', kernel === null ? '' : `Linux ${kernel}`];
  return (machine ?? read.filter((part) => part !== '').join(', ')).slice(0, MACHINE_MAX);
}
