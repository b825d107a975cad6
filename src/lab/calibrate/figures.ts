import type { Interval, PriceList, PriceName } from '../race/index.js';
import { scaled } from './ranges.js';
import { merged, type Reading } from './reading.js';
import type { Figure, Figures } from './rules.js';

/** Exits that KVM has next to nothing to do for. */
const PLAIN = ['CPUID', 'VMCALL'];

/** Figures of readings, in cycles, which tell whose readings were asked for. */
export interface AskedFigures extends Figures {
  /** Names of readings that some rule has used. */
  readonly asked: ReadonlySet<string>;
}

/**
 * @param ghz Cycles of a nanosecond, for times.
 * @param known Prices that were found so far: more are added as rules are gone through.
 */
export function figuresOf(
  readings: readonly Reading[],
  { ghz, base, known }: { ghz: number; base: PriceList; known: ReadonlyMap<PriceName, Interval> },
): AskedFigures {
  const asked = new Set<string>();

  function figureOf(kind: Reading['kind'], name: string): Figure | null {
    const found = readings.filter((reading) => reading.kind === kind && reading.name === name);
    if (found.length === 0) return null;
    asked.add(name);
    const reading = merged(found);
    return { ...scaled(reading, cyclesOf(reading, ghz)), from: reading.from };
  }

  function handled(...names: readonly string[]): Figure | null {
    for (const name of names) {
      const figure = figureOf('handled', name);
      if (figure !== null) return figure;
    }
    return null;
  }

  return {
    asked,
    loop: (name) => figureOf('loop', name),
    handled,
    plain: () => handled(...PLAIN) ?? shortest(readings, ghz),
    price: (name) => known.get(name) ?? base.prices[name],
  };
}

/** The shortest handler that was seen: it stands for a plain one, which takes no longer. */
function shortest(readings: readonly Reading[], ghz: number): Figure | null {
  const handled = readings.filter(({ kind }) => kind === 'handled');
  const [first] = handled.sort((one, other) => one.least - other.least);
  if (first === undefined) return null;
  const least = first.least * cyclesOf(first, ghz);
  const from = `no CPUID or VMCALL was seen: the shortest ${first.name} stands for one`;
  return { value: least, low: 0, high: least, from };
}

function cyclesOf({ unit }: Reading, ghz: number): number {
  return unit === 'us' ? ghz * 1000 : 1;
}
