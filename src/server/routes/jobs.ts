import { z } from 'zod';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { awaitEnd } from '../http/await-end.js';
import type { PreferredRoute } from '../http/prefer.js';
import { JobBody, JobId, JobPage, jobBodyOf, jobSummaryOf } from '../jobs/job-body.js';
import { Digits } from '../wire/frames.js';
import { CHANGING, refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const PAGE_JOBS_MAX = 100;

const JobsQuery = z.strictObject({
  cursor: Digits.optional().describe('`next` of the page before.'),
  limit: Digits.pipe(z.number().min(1).max(PAGE_JOBS_MAX)).default(PAGE_JOBS_MAX),
});

const params = z.strictObject({ job: JobId });

export const listJobs = operation({
  id: 'listJobs',
  takes: { querystring: JobsQuery },
  answer: JobPage,
  run({ jobs }, { query: { cursor = 0, limit } }) {
    const page: z.output<typeof JobPage> = { jobs: [], next: null };
    for (const job of jobs.list(cursor)) {
      if (page.jobs.length === limit) {
        page.next = String(page.jobs.at(-1)?.number ?? 0);
        break;
      }
      page.jobs.push(jobSummaryOf(job));
    }
    return page;
  },
});

export const getJob = operation({
  id: 'getJob',
  takes: { params },
  answer: JobBody,
  run: ({ jobs }, { params: { job } }) => jobBodyOf(jobs.get(job)),
});

export const cancelJob = operation({
  id: 'cancelJob',
  takes: { params },
  answer: z.null().describe('Ended, and forgotten.'),
  run({ jobs }, { params: { job } }) {
    jobs.cancel(job);
    return null;
  },
});

const tags = ['jobs'];

/** `/v1/jobs`: work that goes on after its request. */
export const jobRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/jobs',
    {
      schema: {
        operationId: listJobs.id,
        summary: 'List jobs in the order of their creation, without their results.',
        description: 'One page at a time: `next` of a page is the `cursor` of the following one.',
        tags,
        ...listJobs.takes,
        response: { 200: JobPage, ...refusals() },
      },
    },
    (request) => listJobs.run(host, request),
  );

  app.get(
    '/v1/jobs/:job',
    {
      config: { prefersWait: true } satisfies PreferredRoute,
      schema: {
        operationId: getJob.id,
        summary: 'Read a job: its progress, and its result.',
        description: 'With `Prefer: wait=SECONDS`, waits so long for its end.',
        tags,
        ...getJob.takes,
        response: { 200: JobBody, ...refusals('job-not-found', 'wait-limit-reached') },
      },
    },
    async (request, reply) => {
      const job = host.jobs.get(request.params.job);
      await awaitEnd(host, job, request, reply);
      return jobBodyOf(job);
    },
  );

  app.delete(
    '/v1/jobs/:job',
    {
      schema: {
        operationId: cancelJob.id,
        summary: 'Cancel a job, and forget it.',
        description: 'A job that has ended is only forgotten.',
        tags,
        ...cancelJob.takes,
        response: {
          204: cancelJob.answer,
          ...refusals(...CHANGING, 'job-not-found'),
        },
      },
    },
    async (request, reply) => {
      await cancelJob.run(host, request);
      return reply.code(204).send(null);
    },
  );
};
