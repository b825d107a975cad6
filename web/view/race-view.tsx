import { useEffect, useMemo } from 'preact/hooks';
import type { WireJob } from '../api/wire.js';
import { cancelRace, createRaceWatch, followJob, hasToGo, type RaceWatch } from '../model/race.js';
import { PageHead } from './page-head.js';
import { RaceForm } from './race-form.js';
import { RaceResult } from './race-result.js';

interface Props {
  /** The job to show; null for an empty form. */
  readonly job: string | null;
}

/** Policies side by side: the form of a race on the left, its result on the right. */
export function RaceView({ job }: Props) {
  const watch = useMemo(createRaceWatch, []);
  useEffect(() => {
    if (job !== null) void followJob(watch, job);
  }, [watch, job]);
  const current = watch.job.value;
  return (
    <>
      <PageHead>
        <h1 class="tagline">A race: every policy over the same commands</h1>
      </PageHead>
      <main class="race">
        <section class="panel race-order" aria-label="What to race">
          <RaceForm watch={watch} />
          <p class="failure" role="alert">
            {watch.failure}
          </p>
        </section>
        <div class="race-result" aria-live="polite">
          {current !== null && hasToGo(current) && <Progress job={current} watch={watch} />}
          {current?.result && <RaceResult race={current.result} />}
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
