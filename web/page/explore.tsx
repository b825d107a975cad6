import { useSignal, useSignalEffect } from '@preact/signals';
import { cancelJob } from '../api/jobs.js';
import { ExploreForm } from '../explore/explore-form.js';
import { ExploredView } from '../explore/explored-view.js';
import { Frontier } from '../explore/frontier.js';
import { type Look, withLook } from '../model/exploration.js';
import { hasToGo } from '../model/job-progress.js';
import { Card } from '../shell/card.js';
import type { Params } from '../shell/path.js';
import { navigate } from '../shell/router.js';
import { JobProgress } from '../view/job-progress.js';
import { PageHead } from '../view/page-head.js';
import { useJob } from '../view/use-job.js';

/** The page of searches: a form for one, or how far one is and what it found. */
export function View({ params: { job } }: { readonly params: Params }) {
  return (
    <>
      <PageHead>
        <h1 class="tagline">Every state that a small machine can come to</h1>
      </PageHead>
      <main class="traces">
        {job === undefined ? <ExploreForm /> : <Search key={job} id={job} />}
      </main>
    </>
  );
}

function Search({ id }: { readonly id: string }) {
  const { job, failure } = useJob('exploration', id);
  const looks = useSignal<readonly Look[]>([]);
  useSignalEffect(() => {
    const { value } = job;
    if (value !== null) looks.value = withLook(looks.peek(), value.progress);
  });
  const shown = job.value;
  if (failure.value !== null && shown?.result == null) {
    return (
      <Card title={shown === null ? 'This search is gone' : 'This search has failed'}>
        <p>{failure.value}.</p>
        <p>
          <a href="/explore">Another search</a>
        </p>
      </Card>
    );
  }
  const cancel = () => void cancelJob(id).finally(() => navigate('/explore'));
  return (
    <>
      {shown !== null && hasToGo(shown) && (
        <section class="panel trace-sending" aria-label="Progress">
          <JobProgress job={shown} steps="commands tried" />
          <button type="button" onClick={cancel}>
            Cancel
          </button>
        </section>
      )}
      <Frontier looks={looks.value} />
      {shown?.result && <ExploredView found={shown.result} />}
    </>
  );
}
