import type { JobSummary } from '../api/wire.js';
import { timeLeft } from '../model/time-left.js';

interface Props {
  readonly job: Pick<JobSummary, 'progress' | 'state'>;
  /** Name of the steps: `bytes`. */
  readonly steps: string;
}

/** Progress of a job, with the time that is left. */
export function JobProgress({ job: { progress, state }, steps }: Props) {
  const { done, total, leftMs } = progress;
  const of = total === null ? '' : ` of ${total.toLocaleString('en')}`;
  return (
    <div class="race-progress">
      <label>
        {state === 'queued' ? 'Waits for its turn' : `${done.toLocaleString('en')}${of} ${steps}`}
        {timeLeft(leftMs)}
        <progress max={total ?? undefined} value={total === null ? undefined : done} />
      </label>
    </div>
  );
}
