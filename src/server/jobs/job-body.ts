import { z } from 'zod';
import { RaceResult, type Reached, SweepResult, TraceVerdict } from '../../lab/index.js';
import { textLike } from '../../mmu/schema/index.js';
import { ShrinkResult } from '../shards/shrink-shard.js';
import { Problem } from '../wire/problem.js';
import { ReachedBody, reachedBodyOf } from './coverage-job.js';
import { ExplorationResult } from './exploration-job.js';
import { JOB_KINDS, JOB_STATES, type Job, type JobKind } from './job.js';
import type { ScoredTrace } from './trace-job.js';

export const JobId = textLike(
  /^job-[1-9][0-9]{0,14}(?:-[!-~]{1,64})?$/,
  'not the id of a job, as its answer has it',
).meta({ id: 'JobId', description: 'Names a job.' });

const Moment = z.string().meta({ id: 'Moment', format: 'date-time' });

const JobState = z.enum(JOB_STATES).meta({ id: 'JobState' });

const JobProgress = z
  .strictObject({
    done: z.number().int().min(0),
    total: z.number().int().min(0).nullable().describe('Null while it is unknown.'),
    leftMs: z
      .number()
      .min(0)
      .nullable()
      .describe('Milliseconds to its end at the pace so far; null if that is not known.'),
  })
  .meta({ id: 'JobProgress', description: 'Steps of a job, or bytes of its input.' });

const JobProblem = Problem.nullable().meta({
  id: 'JobProblem',
  description: 'Cause of the failure; null unless it failed.',
});

/** Fields of every job. */
const COMMON = {
  id: JobId,
  number: z.number().int().min(1).describe('Rises by one with each job.'),
  state: JobState,
  progress: JobProgress,
  createdAt: Moment,
  startedAt: Moment.nullable(),
  endedAt: Moment.nullable(),
  problem: JobProblem,
};

const RaceJob = jobOf('race', RaceResult, 'A race of policies.');
const SweepJob = jobOf('sweep', SweepResult, 'A sweep: many races.');
const TraceJob = jobOf('trace', TraceVerdict, 'The scoring of a trace.');
const ShrinkJob = jobOf('shrink', ShrinkResult, 'A list of commands made small.');
const ExplorationJob = jobOf('exploration', ExplorationResult, 'A search through every state.');
const CoverageJob = jobOf('coverage', ReachedBody, 'A search for all that a machine can come to.');

/** A job with its result, whose form depends on the kind. */
export const JobBody = z
  .discriminatedUnion('kind', [RaceJob, SweepJob, TraceJob, ShrinkJob, ExplorationJob, CoverageJob])
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
  switch (job.kind) {
    case 'race':
      return { ...summary, kind: 'race', result: job.result as RaceResult | null };
    case 'sweep':
      return { ...summary, kind: 'sweep', result: job.result as SweepResult | null };
    case 'trace': {
      const scored = job.result as ScoredTrace | null;
      return { ...summary, kind: 'trace', result: scored?.verdict ?? null };
    }
    case 'shrink':
      return { ...summary, kind: 'shrink', result: job.result as ShrinkResult | null };
    case 'exploration':
      return { ...summary, kind: 'exploration', result: job.result as ExplorationResult | null };
    case 'coverage': {
      const reached = job.result as Reached | null;
      return { ...summary, kind: 'coverage', result: reached && reachedBodyOf(reached) };
    }
  }
}

function jobOf<K extends JobKind, R extends z.ZodType>(kind: K, result: R, description: string) {
  return z
    .strictObject({
      ...COMMON,
      kind: z.literal(kind),
      result: result.nullable().describe('Null until it is done.'),
    })
    .meta({ id: `Job.${kind}`, description });
}

function momentOf(ms: number): string {
  return new Date(ms).toISOString();
}
