import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { Weighed } from '../../src/lab/index.js';
import type { PriceListHead, RaceOrder, WireRace } from '../api/wire.js';
import { startEngine } from '../model/engine.js';
import { priceHeads, pricesFor } from '../model/prices.js';
import { hashOf, lookIn, type RaceLook } from '../model/race-look.js';
import { standingsOf } from '../model/standings.js';
import { address, navigate } from '../shell/router.js';
import { CostCurves } from './cost-curves.js';
import { CostParts } from './cost-parts.js';
import { LookForm } from './look-form.js';
import { RaceParting } from './race-parting.js';
import { RaceTable } from './race-table.js';
import { SlotCurves } from './slot-curves.js';
import { Standings } from './standings.js';
import { Verdict } from './verdict.js';
import { Violations } from './violations.js';

interface Props {
  readonly race: WireRace;
  /** Null if it is not known on this page. */
  readonly order: RaceOrder | null;
}

/** Result of a race, or its state so far. */
export function RaceResult({ race, order }: Props) {
  const look = lookIn(address.value.hash);
  const baseline = Math.max(
    race.lanes.findIndex(({ name }) => name === (look.baseline ?? race.baseline)),
    0,
  );
  const { weighed, lists, failure } = useWeighed(race, baseline, look.prices);
  if (weighed === null) return <p class="failure">{failure}</p>;
  const against = race.lanes[baseline]?.name ?? race.baseline;
  const standings = standingsOf(race.lanes, weighed, baseline, look);
  return (
    <>
      <section class="panel race-panel">
        <h2 class="panel-title">Cost beside {against}</h2>
        <LookForm race={race} against={against} lists={lists} look={look} onLook={keep} />
        <p class="failure" role="alert">
          {failure}
        </p>
        <Standings standings={standings} />
      </section>
      <section class="panel race-panel">
        <h2 class="panel-title">What each did</h2>
        <RaceTable race={race} standings={standings} look={look} onLook={keep} />
        <Violations race={race} order={order} />
      </section>
      <section class="panel race-panel">
        <h2 class="panel-title">What the cost is made of</h2>
        <CostParts standings={standings} />
      </section>
      <section class="panel race-panel">
        <h2 class="panel-title">Cost beyond that of {against}, over the commands</h2>
        <CostCurves race={race} standings={standings} baseline={baseline} />
      </section>
      <section class="panel race-panel">
        <h2 class="panel-title">Cost over the number of slots</h2>
        <SlotCurves race={race} look={look} onLook={keep} />
      </section>
      <section class="panel race-panel">
        <h2 class="panel-title">Where they first part</h2>
        <RaceParting race={race} order={order} />
      </section>
      <Verdict text={race.verdict} />
    </>
  );
}

function keep(look: RaceLook): void {
  navigate(`${location.pathname}${hashOf(look)}`, 'replace');
}

interface WeighedRace {
  readonly weighed: readonly Weighed[] | null;
  readonly lists: readonly PriceListHead[];
  readonly failure: string | null;
}

/** Weighs a race against a lane by a list of prices. What was there stays until it is done. */
function useWeighed(race: WireRace, baseline: number, prices: string | null): WeighedRace {
  const engine = useMemo(startEngine, []);
  useEffect(() => () => engine.end(), [engine]);
  const weighed = useSignal<readonly Weighed[] | null>(null);
  const lists = useSignal<readonly PriceListHead[]>([]);
  const failure = useSignal<string | null>(null);
  useEffect(() => {
    void priceHeads().then((found) => {
      lists.value = found;
    });
  }, [lists]);
  useEffect(() => {
    let isOver = false;
    const lanes = race.lanes.map(({ counters }) => counters);
    pricesFor(race, prices)
      .then((given) => engine.call('weigh', { lanes, baseline, prices: given }))
      .then(
        (found) => {
          if (isOver) return;
          weighed.value = found;
          failure.value = null;
        },
        (error: Error) => {
          if (!isOver) failure.value = error.message;
        },
      );
    return () => {
      isOver = true;
    };
  }, [engine, race, baseline, prices, weighed, failure]);
  return { weighed: weighed.value, lists: lists.value, failure: failure.value };
}
