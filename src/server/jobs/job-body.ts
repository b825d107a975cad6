import { z } from 'zod';
import { RaceResult, SweepResult } from '../../lab/index.js';
import { textLike } from '../../mmu/schema/index.js';
import { Problem } from '../wire/problem.js';
import { JOB_KINDS, JOB_STATES, type Job } from './job.js';

export const JobId = textLike(
  /^job-[1-9][0-9]{0,14}(?:-[!-~]{1,64})?$/,
  'not the id of a job, as its answer has it',
).meta({ id: 'JobId', description: 'Names a job.' });

const Moment = z.string().meta({ format: 'date-time' });

/** Fields of every job. */
const COMMON = {
  id: JobId,
  number: z.number().int().min(1).describe('Rises by one with each job.'),
  state: z.enum(JOB_STATES),
  progress: z.strictObject({
    done: z.number().int().min(0),
    total: z.number().int().min(0).nullable().describe('Null while it is unknown.'),
    leftMs: z
      .number()
      .min(0)
      .nullable()
      .describe('Milliseconds to its end at the pace so far; null if that is not known.'),
  }),
  createdAt: Moment,
  startedAt: Moment.nullable(),
  endedAt: Moment.nullable(),
  problem: Problem.nullable().describe('Cause of the failure; null unless it failed.'),
};

const RaceJob = z
  .strictObject({
    ...COMMON,
    kind: z.literal('race'),
    result: RaceResult.nullable().describe('Null until it is done.'),
  })
  .meta({ id: 'Job.race', description: 'A race of policies.' });

const SweepJob = z
  .strictObject({
    ...COMMON,
    kind: z.literal('sweep'),
    result: SweepResult.nullable().describe('Null until it is done.'),
  })
  .meta({ id: 'Job.sweep', description: 'A sweep: many races.' });

/** A job with its result, whose form depends on the kind. */
export const JobBody = z
  .discriminatedUnion('kind', [RaceJob, SweepJob])
  .meta({ id: 'Job', description: 'Work that goes on after its request was answered.' });

const JobSummary = z
  .strictObject({ ...COMMON, kind: z.enum(JOB_KINDS) })
  .meta({ id: 'JobSummary', description: 'A job without its result.' });

export const JobPage = z
  .strictObject({
    jobs: z.array(JobSummary),
    next: z.string().nullable().describe('`cursor` of the next page; null if this is the last.'),
  })
  .meta({ id: 'JobPage', description: 'Some of the jobs, in the order of their creation.' });

export function jobSummaryOf(job: Job): z.output<typeof JobSummary> {
  const { id, number, kind, state, problem, createdAt, startedAt, endedAt } = job;
  const { done, total, leftMs } = job;
  return {
    ...{ id, number, state, problem },
    kind,
    progress: { done, total, leftMs },
    createdAt: momentOf(createdAt),
    startedAt: startedAt === null ? null : momentOf(startedAt),
    endedAt: endedAt === null ? null : momentOf(endedAt),
  };
}

export function jobBodyOf(job: Job): z.output<typeof JobBody> {
  const summary = jobSummaryOf(job);
  // The kind tells the type of the result: see `Job`.
  return job.kind === 'race'
    ? { ...summary, kind: 'race', result: job.result as RaceResult | null }
    : { ...summary, kind: 'sweep', result: job.result as SweepResult | null };
}

function momentOf(ms: number): string {
  return new Date(ms).toISOString();
}
