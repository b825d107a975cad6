import { useEffect, useMemo } from 'preact/hooks';
import type { SweepJob, SweepOrder, WireRace, WireSweep } from '../api/wire.js';
import { Chart } from '../chart/chart.js';
import { hasToGo } from '../model/job-progress.js';
import type { RaceLook } from '../model/race-look.js';
import { createSweepWatch, followSweep, runSweep, slotChartsOf, sweepOf } from '../model/sweep.js';
import { timeLeft } from '../model/time-left.js';
import { figure } from '../view/figure.js';

interface Props {
  readonly race: WireRace;
  readonly look: RaceLook;
  readonly onLook: (look: RaceLook) => void;
}

/** The same race with 0 to 15 slots beside the current root, as curves. It is a job of its own. */
export function SlotCurves({ race, look, onLook }: Props) {
  const watch = useMemo(createSweepWatch, []);
  const { sweep } = look;
  useEffect(() => {
    let isOver = false;
    if (sweep !== null) void followSweep(watch, sweep, () => isOver);
    return () => {
      isOver = true;
    };
  }, [watch, sweep]);
  const order = sweepOf(race, look.prices ?? race.prices.list);
  const job = watch.job.value;
  const begin = async (given: SweepOrder) => {
    const id = await runSweep(watch, given);
    if (id !== null) onLook({ ...look, sweep: id });
  };
  if (order === null) {
    return <p class="hint">Only a workload with its usual parameters can be swept over slots.</p>;
  }
  return (
    <>
      {job !== null && hasToGo(job) && <SweepProgress job={job} />}
      {job?.result && <SlotCharts sweep={job.result} />}
      {(job === null || !hasToGo(job)) && (
        <p class="race-copy">
          <button type="button" class="sweep-start" onClick={() => void begin(order)}>
            {job?.result ? 'Sweep again' : 'Sweep 0 to 15 slots'}
          </button>
          <span class="hint">16 races of {figure(race.commands)} commands.</span>
        </p>
      )}
      <p class="failure" role="alert">
        {watch.failure}
      </p>
    </>
  );
}

/** Progress of a sweep. */
export function SweepProgress({ job }: { readonly job: SweepJob }) {
  const { done, total, leftMs } = job.progress;
  return (
    <div class="race-progress">
      <label>
        {done} of {total} commands{timeLeft(leftMs)}
        <progress max={total ?? 1} value={done} />
      </label>
    </div>
  );
}

/** Curves of a sweep, a chart for each workload, kernel and price list. */
export function SlotCharts({ sweep }: { readonly sweep: WireSweep }) {
  const charts = useMemo(() => slotChartsOf(sweep), [sweep]);
  return (
    <>
      {charts.map(({ title, at, curves }) => (
        <section key={title} class="slot-chart" aria-label={title}>
          <p class="hint slot-title">{title}; thousands of cycles</p>
          <Chart
            at={at}
            curves={curves}
            atLabel="slots beside the current root"
            label={`Cost of each policy over the number of slots: ${title}`}
            textOf={kilo}
            hasDots
          />
        </section>
      ))}
    </>
  );
}

function kilo(cycles: number): string {
  return figure(Math.round(cycles / 1000));
}
