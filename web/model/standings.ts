import type { Weighed } from '../../src/lab/index.js';
import type { WireLane } from '../api/wire.js';

/** Lanes that did the same in all that is shown, as one row. */
export interface Standing {
  readonly names: readonly string[];
  /** The first of them. */
  readonly lane: WireLane;
  readonly weighed: Weighed;
  readonly isBaseline: boolean;
}

/** A column of figures. */
export interface Column {
  readonly key: string;
  readonly head: string;
  readonly title: string;
  readonly of: (standing: Pick<Standing, 'lane' | 'weighed'>) => number;
}

export const COLUMNS: readonly Column[] = [
  {
    key: 'cost',
    head: 'kcycles',
    title: 'Thousands of cycles, at the values of the prices',
    of: ({ weighed }) => Math.round(weighed.cost.total / 1000),
  },
  {
    key: 'stale',
    head: 'stale',
    title: 'Illegal uses',
    of: ({ lane }) => lane.counters.violations,
  },
  {
    key: 'miss',
    head: 'miss',
    title: 'Switches that found no root',
    of: ({ lane }) => lane.counters.misses,
  },
  {
    key: 'load',
    head: 'load',
    title: 'kvm_mmu_load()',
    of: ({ lane: { counters } }) =>
      counters.loads.new + counters.loads.existing + counters.loads.special,
  },
  {
    key: 'sync',
    head: 'sync',
    title: 'Requested syncs that found something',
    of: ({ lane }) => lane.counters.syncs.effective,
  },
  {
    key: 'no-op',
    head: 'no-op',
    title: 'Requested syncs that found nothing',
    of: ({ lane }) => lane.counters.syncs.noOp,
  },
  {
    key: 'leaf',
    head: 'leaf',
    title: 'Leaf tables synced',
    of: ({ lane }) => lane.counters.syncs.leaves,
  },
  {
    key: 'flush',
    head: 'flush',
    title: 'stat.tlb_flush, and the flushes that end loads',
    of: ({ lane: { counters } }) => counters.flushes.stat + counters.flushes.load,
  },
  {
    key: 'fault',
    head: 'fault',
    title: 'Page faults',
    of: ({ lane }) => lane.counters.pageFaults,
  },
];

interface Order {
  readonly by: string;
  readonly isDown: boolean;
}

/**
 * Groups lanes that no figure tells apart, and sorts them; equal ones stay in the order of the race.
 *
 * @param baseline Index of the lane that the others were weighed against.
 */
export function standingsOf(
  lanes: readonly WireLane[],
  weighed: readonly Weighed[],
  baseline: number,
  { by, isDown }: Order,
): Standing[] {
  const groups = new Map<string, Standing>();
  for (const [index, lane] of lanes.entries()) {
    const weight = weighed[index];
    if (weight === undefined) continue;
    const key = [
      weight.tie,
      lane.failure?.command,
      ...COLUMNS.map(({ of }) => of({ lane, weighed: weight })),
    ].join();
    const before = groups.get(key);
    groups.set(key, {
      names: [...(before?.names ?? []), lane.name],
      lane: before?.lane ?? lane,
      weighed: weight,
      isBaseline: before?.isBaseline === true || index === baseline,
    });
  }
  const column = COLUMNS.find(({ key }) => key === by) ?? COLUMNS[0];
  const sign = isDown ? -1 : 1;
  return [...groups.values()].sort((a, b) =>
    column === undefined ? 0 : sign * (column.of(a) - column.of(b)),
  );
}

/** A saving as a difference: negative where the lane is cheaper. */
export interface Difference {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export function differenceOf({ comparison: { saving } }: Weighed): Difference {
  // Zero has no sign here.
  return { value: 0 - saving.value, low: 0 - saving.high, high: 0 - saving.low };
}

/** A share in percent with its sign, and one decimal; two where one would say nothing. */
export function percentOf(share: number): string {
  const scaled = share * 100;
  const text = Math.abs(scaled).toFixed(Math.abs(scaled) < 0.095 ? 2 : 1);
  if (Number(text) === 0) return '0';
  return `${scaled < 0 ? '\u2212' : '+'}${text}`;
}
