import type { TracedCommand, WireTracedVm } from '../api/wire.js';

/** Curves that a chart can tell apart. */
const CURVES_MAX = 8;
const KILO = 1000;

/** Shares of switches that find their root, a curve for each vCPU and kind of root. */
export function hitCurvesOf({ roots }: Pick<WireTracedVm, 'roots'>) {
  const curves = roots.flatMap(({ vcpu, mmu, hitRatios }) =>
    hitRatios === null
      ? []
      : [{ name: `vCPU ${vcpu}, ${mmu === 'cr3' ? 'CR3' : 'EPTP'}`, values: hitRatios }],
  );
  const at = curves[0]?.values.map((_, slots) => slots) ?? [];
  return {
    at,
    curves: curves.slice(0, CURVES_MAX),
    more: Math.max(0, curves.length - CURVES_MAX),
  };
}

/** A policy in the table of a trace: figures as they are shown. */
export interface PolicyRow {
  readonly name: string;
  readonly least: string;
  readonly most: string;
  readonly between: string;
  readonly misses: number;
  readonly loads: number;
  readonly flushes: number;
  readonly stale: number;
}

/** Rows of the policies, the cheapest first, by the end where guesses did the least. */
export function policyRowsOf({
  policies: { least, most },
}: Pick<WireTracedVm, 'policies'>): PolicyRow[] {
  const kilo = (cycles: number) => Math.round(cycles / KILO).toLocaleString('en');
  const ends = new Map(most.lanes.map((lane) => [lane.name, lane]));
  return [...least.lanes]
    .sort((a, b) => a.cost.total - b.cost.total)
    .map(({ name, cost, counters }) => {
      const other = ends.get(name) ?? { cost, counters };
      const low = Math.min(cost.low, other.cost.low);
      const high = Math.max(cost.high, other.cost.high);
      return {
        name,
        least: kilo(cost.total),
        most: kilo(other.cost.total),
        between: `${kilo(low)} to ${kilo(high)}`,
        misses: counters.misses,
        loads: sumOf(counters.loads),
        flushes: counters.flushes.stat + counters.flushes.load,
        stale: Math.max(counters.violations, other.counters.violations),
      };
    });
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Commands of a trace, to be looked up by their `seq`. */
export interface Traced {
  readonly commands: readonly TracedCommand[];
  /** The command of a `seq`; null if the record there is not one of the trace. */
  at(seq: number): TracedCommand | null;
  /** Index of the first command at or behind a `seq`. */
  from(seq: number): number;
}

/** @param commands In order. */
export function tracedOf(commands: readonly TracedCommand[]): Traced {
  const from = (seq: number) => {
    let [low, high] = [0, commands.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((commands[middle]?.seq ?? 0) >= seq) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return {
    commands,
    from,
    at(seq) {
      const one = commands[from(seq)];
      return one?.seq === seq ? one : null;
    },
  };
}
