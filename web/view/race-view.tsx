import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { WireJob, WireRace } from '../api/wire.js';
import { cancelRace, createRaceWatch, followJob, hasToGo, type RaceWatch } from '../model/race.js';
import { CostBars } from './cost-bars.js';
import { CostCurves } from './cost-curves.js';
import { Masthead } from './masthead.js';
import { RaceForm } from './race-form.js';
import { RaceParting } from './race-parting.js';
import { RaceTable } from './race-table.js';

/** Policies side by side: what to race on the left, what came of it on the right. */
export function RaceView({ job }: { readonly job: string | null }) {
  const watch = useMemo(createRaceWatch, []);
  useEffect(() => {
    if (job !== null) void followJob(watch, job);
  }, [watch, job]);
  const current = watch.job.value;
  return (
    <>
      <Masthead>
        <h1 class="tagline">A race: every policy over the same commands</h1>
      </Masthead>
      <main class="race">
        <section class="panel race-order" aria-label="What to race">
          <RaceForm watch={watch} />
          <p class="failure" role="alert">
            {watch.failure}
          </p>
        </section>
        <div class="race-result" aria-live="polite">
          {current !== null && hasToGo(current) && <Progress job={current} watch={watch} />}
          {current?.result && <Result race={current.result} />}
          {current === null && <p class="hint race-nothing">Nothing has been raced yet.</p>}
        </div>
      </main>
    </>
  );
}

function Progress({ job, watch }: { readonly job: WireJob; readonly watch: RaceWatch }) {
  const { state, progress } = job;
  return (
    <section class="panel race-progress">
      <label>
        {state === 'queued'
          ? 'Waits for its turn'
          : `${progress.done} of ${progress.total} commands`}
        <progress max={progress.total ?? 1} value={progress.done} />
      </label>
      <button type="button" onClick={() => void cancelRace(watch)}>
        Cancel
      </button>
    </section>
  );
}

function Result({ race }: { readonly race: WireRace }) {
  return (
    <>
      <section class="panel race-panel">
        <h2 class="panel-title">What each did</h2>
        <RaceTable race={race} />
        <Violations race={race} />
      </section>
      <section class="panel race-panel">
        <h2 class="panel-title">What it costs</h2>
        <CostBars race={race} />
      </section>
      <section class="panel race-panel">
        <h2 class="panel-title">Cost beyond that of {race.lanes[0]?.name}, over the commands</h2>
        <CostCurves race={race} />
      </section>
      <section class="panel race-panel">
        <h2 class="panel-title">Where they first part</h2>
        <RaceParting race={race} />
      </section>
      <Verdict text={race.verdict} />
    </>
  );
}

/** Who let the guest use what the architecture no longer allows. */
function Violations({ race }: { readonly race: WireRace }) {
  const wrong = race.lanes.filter(({ firstViolation }) => firstViolation !== null);
  if (wrong.length === 0)
    return <p class="hint">No policy let the guest use a stale translation.</p>;
  return (
    <ul class="race-violations">
      {wrong.map(({ name, counters, firstViolation }) => (
        <li key={name} class="race-violation">
          <b>{name}</b>: {counters.violations} illegal use
          {counters.violations === 1 ? '' : 's'}, first at command {firstViolation?.command}.{' '}
          {firstViolation?.message}.
        </li>
      ))}
    </ul>
  );
}

function Verdict({ text }: { readonly text: string }) {
  const said = useSignal('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      said.value = 'Copied';
    } catch {
      said.value = 'The browser does not allow it: select the text';
    }
  };
  return (
    <section class="panel race-panel">
      <h2 class="panel-title">Verdict</h2>
      <p class="race-copy">
        <button type="button" onClick={() => void copy()}>
          Copy verdict
        </button>
        <span role="status">{said}</span>
      </p>
      <pre class="race-verdict">{text}</pre>
    </section>
  );
}
