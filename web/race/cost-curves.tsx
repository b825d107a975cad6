import { useMemo } from 'preact/hooks';
import type { WireRace } from '../api/wire.js';
import { Chart } from '../chart/chart.js';
import { curvesOver } from '../model/cost-curves.js';
import type { Standing } from '../model/standings.js';
import { figure } from '../view/figure.js';

interface Props {
  readonly race: WireRace;
  readonly standings: readonly Standing[];
  /** Index of the lane that is the zero line. */
  readonly baseline: number;
}

/** Cost of each lane beyond that of the baseline, as curves over the commands. */
export function CostCurves({ race, standings, baseline }: Props) {
  const order = standings.map(({ names }) => names.join(' = ')).join();
  const { at, curves } = useMemo(
    () => curvesOver(race, standings, baseline),
    [race, order, baseline],
  );
  return (
    <>
      <Chart
        at={at}
        curves={curves}
        atLabel="commands"
        label={`Cost beyond that of ${race.lanes[baseline]?.name} over ${race.commands} commands`}
        textOf={kilo}
      />
      <p class="hint">
        Thousands of cycles, by the prices that the race was run with: {race.prices.list}.
      </p>
    </>
  );
}

function kilo(cycles: number): string {
  const whole = Math.round(cycles / 1000);
  return `${whole > 0 ? '+' : ''}${figure(whole)}`;
}
