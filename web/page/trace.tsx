import { cancelJob } from '../api/jobs.js';
import type { WireVerdict } from '../api/wire.js';
import { hasToGo } from '../model/job-progress.js';
import { Card } from '../shell/card.js';
import type { Params } from '../shell/path.js';
import { navigate } from '../shell/router.js';
import { Downloads } from '../trace/downloads.js';
import { VmVerdict } from '../trace/vm-verdict.js';
import { JobProgress } from '../view/job-progress.js';
import { PageHead } from '../view/page-head.js';
import { useJob } from '../view/use-job.js';

/** The page of a trace: its progress, and the verdict. */
export function View({ params: { job: id = '' } }: { readonly params: Params }) {
  const { job, failure } = useJob('trace', id);
  const shown = job.value;
  if (failure.value !== null && shown?.result == null) {
    return (
      <Card title={shown === null ? 'This trace is gone' : 'This trace was not read'}>
        <p>{failure.value}.</p>
        <p>
          <a href="/traces">Another trace</a>
        </p>
      </Card>
    );
  }
  const cancel = () => void cancelJob(id).finally(() => navigate('/traces'));
  return (
    <>
      <PageHead>
        <h1 class="tagline">{shown?.result?.trace ?? 'A trace'}</h1>
      </PageHead>
      <main class="traces">
        {shown !== null && hasToGo(shown) && (
          <section class="panel trace-sending" aria-label="Progress">
            <JobProgress job={shown} steps="bytes" />
            <button type="button" onClick={cancel}>
              Cancel
            </button>
          </section>
        )}
        {shown?.result && <Verdict job={id} verdict={shown.result} />}
      </main>
    </>
  );
}

function Verdict({ job, verdict }: { readonly job: string; readonly verdict: WireVerdict }) {
  const { lines, events, vms, lacks, lost, backwards, release, notUnderstood } = verdict;
  const count = Object.values(events).reduce((sum, one) => sum + one, 0);
  return (
    <>
      <section class="panel trace-part" aria-label="What was read">
        <p>
          {lines.toLocaleString('en')} lines, {count.toLocaleString('en')} events
          {release !== null && `, kernel ${release}`}; {vms.length}{' '}
          {vms.length === 1 ? 'VM' : 'VMs'}.
          {lost > 0 && ` ${lost} events were lost: what follows from them is missing.`}
          {backwards > 0 && ` Times run backwards ${backwards} times.`}
        </p>
        {lacks.map((sentence) => (
          <p key={sentence} class="trace-lack">
            {sentence}
          </p>
        ))}
        <Downloads job={job} />
      </section>
      {vms.map((vm) => (
        <VmVerdict key={vm.vm} job={job} vm={vm} trace={verdict.trace} isOne={vms.length === 1} />
      ))}
      {notUnderstood.length > 0 && <Unread kinds={notUnderstood} />}
    </>
  );
}

function Unread({ kinds }: { readonly kinds: WireVerdict['notUnderstood'] }) {
  return (
    <details class="panel trace-part">
      <summary>
        {kinds.length} {kinds.length === 1 ? 'kind' : 'kinds'} of lines were not understood
      </summary>
      <ul class="trace-list">
        {kinds.map(({ what, count, example }) => (
          <li key={what}>
            {count.toLocaleString('en')} x {what}: <code>{example}</code>
          </li>
        ))}
      </ul>
    </details>
  );
}
