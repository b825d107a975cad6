import { useEffect, useMemo } from 'preact/hooks';
import { hasToGo } from '../model/job-progress.js';
import { createSweepWatch, followSweep } from '../model/sweep.js';
import { SlotCharts, SweepProgress } from '../race/slot-curves.js';
import { Card } from '../shell/card.js';
import { CopyButton } from '../shell/copy.js';
import type { Params } from '../shell/path.js';
import { PageHead } from '../view/page-head.js';

/** The page of a sweep: its curves, and the figures behind them. */
export function View({ params: { job: id = '' } }: { readonly params: Params }) {
  const watch = useMemo(createSweepWatch, []);
  useEffect(() => {
    let isOver = false;
    void followSweep(watch, id, () => isOver);
    return () => {
      isOver = true;
    };
  }, [watch, id]);
  const job = watch.job.value;
  if (watch.failure.value !== null && job === null) {
    return (
      <Card title="This sweep is gone">
        <p>{watch.failure.value}.</p>
        <p>
          <a href="/jobs">The jobs that there are</a>
        </p>
      </Card>
    );
  }
  return (
    <>
      <PageHead>
        <h1 class="tagline">A sweep: the cost over the number of slots</h1>
      </PageHead>
      <main class="race race-live">
        <p class="failure" role="alert">
          {watch.failure}
        </p>
        <div class="race-result">
          {job !== null && hasToGo(job) && <SweepProgress job={job} />}
          {job?.result && (
            <section class="panel race-panel">
              <SlotCharts sweep={job.result} />
              <p class="race-copy">
                <CopyButton text={job.result.csv} words="Copy as CSV" />
              </p>
            </section>
          )}
        </div>
      </main>
    </>
  );
}
