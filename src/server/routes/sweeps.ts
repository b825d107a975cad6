import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { announceJob } from '../http/announce-job.js';
import { JobBody, jobBodyOf } from '../jobs/job-body.js';
import { sweepWork } from '../jobs/sweep-job.js';
import { prepareSweep, SweepRequest } from '../jobs/sweep-request.js';
import { CHANGING, refusals, WITH_BODY } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

export const startSweep = operation({
  id: 'startSweep',
  takes: { body: SweepRequest },
  answer: JobBody,
  run: ({ jobs, priceLists, shards }, { body }) =>
    jobBodyOf(jobs.start('sweep', sweepWork(prepareSweep(priceLists, body), shards))),
});

/** `POST /v1/sweeps`: many races, and the prices for which each policy is the better one. */
export const sweepRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.post(
    '/v1/sweeps',
    {
      schema: {
        operationId: startSweep.id,
        summary: 'Race policies over workloads, seeds, kernels and slots: a job.',
        description:
          'The result of the job has the counts of each race, summaries over the seeds, also as ' +
          'CSV, and curves of costs over slots.',
        tags: ['races'],
        ...startSweep.takes,
        response: {
          202: JobBody,
          ...refusals(
            ...WITH_BODY,
            ...CHANGING,
            'price-list-not-found',
            'job-too-long',
            'job-limit-reached',
          ),
        },
      },
    },
    async (request, reply) => {
      const job = await startSweep.run(host, request);
      announceJob(reply, job);
      return job;
    },
  );
};
