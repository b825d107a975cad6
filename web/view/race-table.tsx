import type { WireLane, WireRace } from '../api/wire.js';

interface Column {
  readonly head: string;
  readonly title: string;
  readonly of: (lane: WireLane) => number;
}

const COLUMNS: readonly Column[] = [
  { head: 'miss', title: 'Switches that found no root', of: ({ counters }) => counters.misses },
  {
    head: 'load',
    title: 'kvm_mmu_load()',
    of: ({ counters: { loads } }) => loads.new + loads.existing + loads.special,
  },
  {
    head: 'sync',
    title: 'Requested syncs that found something',
    of: ({ counters }) => counters.syncs.effective,
  },
  {
    head: 'no-op',
    title: 'Requested syncs that found nothing',
    of: ({ counters }) => counters.syncs.noOp,
  },
  { head: 'leaf', title: 'Leaf tables synced', of: ({ counters }) => counters.syncs.leaves },
  {
    head: 'flush',
    title: 'stat.tlb_flush, and the flushes that end loads',
    of: ({ counters: { flushes } }) => flushes.stat + flushes.load,
  },
  { head: 'fault', title: 'Page faults', of: ({ counters }) => counters.pageFaults },
  { head: 'stale', title: 'Illegal uses', of: ({ counters }) => counters.violations },
];

/** Counts of each policy, and in the last row the lower bound for all of them. */
export function RaceTable({ race }: { readonly race: WireRace }) {
  const { lanes, bounds } = race;
  return (
    <div class="race-scroll">
      <table class="race-table">
        <thead>
          <tr>
            <th scope="col">policy</th>
            <th scope="col" title="Thousands of cycles, and the range over all prices">
              kcycles
            </th>
            <th
              scope="col"
              title={`Saved of the cost of ${race.baseline}, and the range over all prices`}
            >
              saves
            </th>
            {COLUMNS.map(({ head, title }) => (
              <th key={head} scope="col" title={title}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lanes.map((lane) => (
            <tr key={lane.name} data-lane={lane.name} data-stale={lane.counters.violations > 0}>
              <th scope="row">{lane.name}</th>
              <td title={rangeOf(kilo(lane.cost.low), kilo(lane.cost.high))}>
                {kilo(lane.cost.total)}
              </td>
              <td title={lane.comparison.text}>{savesOf(lane)}</td>
              {COLUMNS.map(({ head, of }) => (
                <td key={head} data-column={head}>
                  {of(lane)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        <tfoot>
          {bounds.map(({ prevRoots, kernel, misses, loads }) => (
            <tr key={`${prevRoots} ${kernel}`} title="A cache that knows the future">
              <th scope="row">no policy below</th>
              <td colSpan={2} />
              <td>{misses}</td>
              <td>{loads}</td>
              <td colSpan={COLUMNS.length - 2} />
            </tr>
          ))}
        </tfoot>
      </table>
    </div>
  );
}

function kilo(cycles: number): string {
  return Math.round(cycles / 1000).toLocaleString('en');
}

function rangeOf(low: string, high: string): string {
  return `${low} to ${high}`;
}

function savesOf({ comparison: { standing, saving } }: WireLane): string {
  if (standing === 'same') return '-';
  const [value, low, high] = [saving.value, saving.low, saving.high].map((share) =>
    (share * 100).toFixed(1),
  );
  return `${value} % (${rangeOf(low as string, high as string)})`;
}
