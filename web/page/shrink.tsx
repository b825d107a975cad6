import { cancelJob } from '../api/jobs.js';
import { hasToGo } from '../model/job-progress.js';
import { Card } from '../shell/card.js';
import type { Params } from '../shell/path.js';
import { navigate } from '../shell/router.js';
import { ShrunkView } from '../shrink/shrunk-view.js';
import { JobProgress } from '../view/job-progress.js';
import { PageHead } from '../view/page-head.js';
import { useJob } from '../view/use-job.js';

/** The page of a list that is made small: its progress, and what is left of it. */
export function View({ params: { job: id = '' } }: { readonly params: Params }) {
  const { job, failure } = useJob('shrink', id);
  const shown = job.value;
  if (failure.value !== null && shown?.result == null) {
    return (
      <Card title={shown === null ? 'This job is gone' : 'Nothing to make small'}>
        <p>{failure.value}.</p>
        <p>
          <a href="/jobs">The jobs that there are</a>
        </p>
      </Card>
    );
  }
  const cancel = () => void cancelJob(id).finally(() => navigate('/jobs'));
  return (
    <>
      <PageHead>
        <h1 class="tagline">The fewest commands that show the mistake</h1>
      </PageHead>
      <main class="traces">
        {shown !== null && hasToGo(shown) && (
          <section class="panel trace-sending" aria-label="Progress">
            <JobProgress job={shown} steps="lists tried" />
            <button type="button" onClick={cancel}>
              Cancel
            </button>
          </section>
        )}
        {shown?.result && <ShrunkView found={shown.result} />}
      </main>
    </>
  );
}
