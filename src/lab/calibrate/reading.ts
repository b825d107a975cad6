import type { Interval } from '../race/index.js';

/** Units of a reading: of time, or of the counter that the guest itself reads. */
export type ReadingUnit = 'us' | 'cycles';

/**
 * One figure of a report.
 *
 * A `handled` one is the time from an exit to the next entry: what KVM did, without the two world
 * switches. A `loop` is what the guest waited for an operation, all included.
 */
export interface Reading extends Interval {
  readonly kind: 'handled' | 'loop';
  /** An exit reason in the words of {@link exitNameOf}, or a test of kvm-unit-tests' `vmexit`. */
  readonly name: string;
  readonly unit: ReadingUnit;
  /** Exits that it is the mean of; 1 for a test. */
  readonly samples: number;
  /** Least single one, where the report says; else the low end. */
  readonly least: number;
  /** Tool and row, for the source of a price. */
  readonly from: string;
}

/** A line that a reader has taken, or why it could not. */
export type Taken =
  | { readonly kind: 'taken' }
  /** Understood, and of no use for a price: the reason. */
  | { readonly kind: 'aside'; readonly what: string }
  /** Belongs to the format, and cannot be understood: the reason, without what is of this line alone. */
  | { readonly kind: 'unread'; readonly what: string };

/** The machine of a report, where it says. */
export interface Origin {
  cpu: string | null;
  kernel: string | null;
}

/**
 * A reader of one format: it is shown every line of a file that no reader before it has taken.
 */
export interface ReportReader {
  /** @returns Null if the line is not of this format. */
  take(line: string): Taken | null;
  /** Everything that was read, once the file has ended. */
  readings(): Reading[];
  /** Events that were counted, by name: a format without times. */
  counts(): ReadonlyMap<string, number>;
}

/** Characters of a name that a source repeats. */
export const NAME_MAX = 60;

export const TAKEN: Taken = { kind: 'taken' };

export function aside(what: string): Taken {
  return { kind: 'aside', what };
}

export function unread(what: string): Taken {
  return { kind: 'unread', what };
}

export const NO_COUNTS: ReadonlyMap<string, number> = new Map();

/** Standard errors that a range goes to either side of a mean. */
const ERRORS = 2;

/**
 * Range of a mean. One sample alone tells no spread: half to twice it stands for one.
 *
 * @param of The mean, its standard error, and the least single one.
 */
export function meanWithin(of: { value: number; error: number; least: number; samples: number }) {
  const { value, error, least, samples } = of;
  if (samples < 2) return { value, low: value / 2, high: value * 2 };
  return { value, low: Math.max(least, value - ERRORS * error), high: value + ERRORS * error };
}

/**
 * Readings of one name as one. Times are means, and are weighed by their samples, ends as well; the
 * runs of a test lie between the least and the greatest.
 */
export function merged(readings: readonly Reading[]): Reading {
  const [first, ...others] = readings as [Reading, ...Reading[]];
  if (others.length === 0) return first;
  const samples = readings.reduce((sum, reading) => sum + reading.samples, 0);
  const mean = (of: (reading: Reading) => number) =>
    readings.reduce((sum, reading) => sum + of(reading) * reading.samples, 0) / samples;
  const isRun = first.kind === 'loop';
  return {
    ...first,
    samples,
    value: mean(({ value }) => value),
    low: isRun ? Math.min(...readings.map(({ low }) => low)) : mean(({ low }) => low),
    high: isRun ? Math.max(...readings.map(({ high }) => high)) : mean(({ high }) => high),
    least: Math.min(...readings.map(({ least }) => least)),
    from: `${first.from}, and ${others.length} more`,
  };
}
