import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { RequestFailed } from '../api/client.js';
import { cancelJob, listJobs } from '../api/jobs.js';
import type { JobSummary } from '../api/wire.js';
import { hasToGo } from '../model/job-progress.js';
import { timeLeft } from '../model/time-left.js';
import { exploreHref, raceHref, shrinkHref, sweepHref, traceHref } from '../shell/links.js';
import { NoAnswer } from '../shell/no-answer.js';
import { figure } from '../view/figure.js';
import { PageHead } from '../view/page-head.js';

/** Milliseconds between two looks: while something runs, and else. */
const LOOK_EVERY_MS = { running: 1000, idle: 5000 };

/** The jobs of the server: how far each is, and its result. */
export function View() {
  const jobs = useSignal<readonly JobSummary[] | null>(null);
  const failure = useSignal<RequestFailed | null>(null);
  const again = useSignal(0);
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      try {
        jobs.value = await listJobs();
        failure.value = null;
      } catch (error) {
        failure.value = error as RequestFailed;
      }
      const isBusy = jobs.value?.some(hasToGo) === true;
      if (!isOver) timer = setTimeout(look, isBusy ? LOOK_EVERY_MS.running : LOOK_EVERY_MS.idle);
    };
    void look();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [jobs, failure, again.value]);
  if (failure.value?.status === 0) return <NoAnswer />;
  const drop = (job: JobSummary) =>
    cancelJob(job.id).then(
      () => {
        again.value += 1;
      },
      (error: RequestFailed) => {
        failure.value = error;
      },
    );
  return (
    <>
      <PageHead>
        <h1 class="tagline">Jobs: what this server is busy with, and what it has done</h1>
      </PageHead>
      <main class="jobs">
        <p class="failure" role="alert">
          {failure.value?.message}
        </p>
        <JobList jobs={jobs.value} onDrop={(job) => void drop(job)} />
      </main>
    </>
  );
}

interface ListProps {
  readonly jobs: readonly JobSummary[] | null;
  readonly onDrop: (job: JobSummary) => void;
}

function JobList({ jobs, onDrop }: ListProps) {
  if (jobs === null) return <p class="hint">Asking for jobs ...</p>;
  if (jobs.length === 0) {
    return (
      <p class="hint">
        There is no job. A <a href="/race">race</a> is one, and so is a <a href="/traces">trace</a>.
      </p>
    );
  }
  return (
    <ul class="job-list">
      {jobs.map((job) => (
        <Job key={job.id} job={job} onDrop={onDrop} />
      ))}
    </ul>
  );
}

const RESULTS: Readonly<Record<string, (job: string) => string>> = {
  race: raceHref,
  sweep: sweepHref,
  trace: traceHref,
  shrink: shrinkHref,
  exploration: exploreHref,
};

function Job({ job, onDrop }: { readonly job: JobSummary; readonly onDrop: ListProps['onDrop'] }) {
  const { id, kind, state, progress, problem, createdAt } = job;
  const href = RESULTS[kind]?.(id) ?? `/v1/jobs/${encodeURIComponent(id)}`;
  const isGoing = hasToGo(job);
  return (
    <li class="job panel" data-job={id} data-state={state}>
      <p class="job-name">
        <a href={href}>{id}</a> <span class="hint">{kind}</span>
      </p>
      <p class="job-state">{state}</p>
      <div class="job-progress">
        {isGoing ? (
          <label>
            {figure(progress.done)} of {progress.total === null ? '?' : figure(progress.total)}
            {timeLeft(progress.leftMs)}
            <progress max={progress.total ?? undefined} value={progress.done} />
          </label>
        ) : (
          <p class="hint">begun {new Date(createdAt).toLocaleTimeString('en-GB')}</p>
        )}
        {problem !== null && <p class="failure">{problem.detail}</p>}
      </div>
      <button
        type="button"
        aria-label={`${isGoing ? 'Cancel' : 'Forget'} ${id}`}
        onClick={() => onDrop(job)}
      >
        {isGoing ? 'Cancel' : 'Forget'}
      </button>
    </li>
  );
}
