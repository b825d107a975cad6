import { useEffect, useMemo } from 'preact/hooks';
import type { RaceJob } from '../api/wire.js';
import { hasToGo } from '../model/job-progress.js';
import { cancelRace, createRaceWatch, followJob, type RaceWatch } from '../model/race.js';
import { timeLeft } from '../model/time-left.js';
import { Card } from '../shell/card.js';
import { navigate } from '../shell/router.js';
import { PageHead } from '../view/page-head.js';
import { RaceForm } from './race-form.js';
import { RaceResult } from './race-result.js';
import { RaceSource } from './race-source.js';

interface Props {
  /** The job to show; null for an empty form. */
  readonly job: string | null;
}

/** Policies side by side: the form of a race on the left, its result on the right. */
export function RaceView({ job }: Props) {
  const watch = useMemo(createRaceWatch, []);
  useEffect(() => {
    if (job === null) watch.followed = null;
    else if (watch.followed !== job) void followJob(watch, job);
  }, [watch, job]);
  const current = watch.job.value;
  if (watch.lost.value !== null && job !== null) return <Gone reason={watch.lost.value} />;
  return (
    <>
      <PageHead>
        <h1 class="tagline">A race: every policy over the same commands</h1>
        {current?.result && <RaceSource race={current.result} />}
      </PageHead>
      <main class="race">
        <section class="panel race-order" aria-label="What to race">
          {/* A race that is shown fills its form. */}
          <RaceForm key={current?.result ? current.id : ''} watch={watch} />
          <p class="failure" role="alert">
            {watch.failure}
          </p>
        </section>
        <div class="race-result">
          <div aria-live="polite">
            {current !== null && hasToGo(current) && <Progress job={current} watch={watch} />}
          </div>
          {current?.result && (
            <RaceResult key={current.id} race={current.result} order={watch.order.value} />
          )}
          {current === null && job === null && (
            <p class="hint race-nothing">Nothing has been raced yet.</p>
          )}
        </div>
      </main>
    </>
  );
}

function Gone({ reason }: { readonly reason: string }) {
  return (
    <Card title="This race is gone">
      <p>{reason}.</p>
      <p>A server keeps results for a while, and none beyond its own end.</p>
      <p>
        <a href="/race">Race again</a>
      </p>
    </Card>
  );
}

function Progress({ job, watch }: { readonly job: RaceJob; readonly watch: RaceWatch }) {
  const { state, progress } = job;
  return (
    <section class="panel race-progress">
      <label>
        {state === 'queued'
          ? 'Waits for its turn'
          : `${progress.done} of ${progress.total} commands${timeLeft(progress.leftMs)}`}
        <progress max={progress.total ?? 1} value={progress.done} />
      </label>
      <button type="button" onClick={() => void cancelRace(watch).then(() => navigate('/race'))}>
        Cancel
      </button>
    </section>
  );
}
