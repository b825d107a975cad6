import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { announceJob } from '../http/announce-job.js';
import { explorationWork } from '../jobs/exploration-job.js';
import { ExplorationRequest, prepareExploration } from '../jobs/exploration-request.js';
import { JobBody, jobBodyOf } from '../jobs/job-body.js';
import { CHANGING, refusals, WITH_BODY } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

export const startExploration = operation({
  id: 'startExploration',
  takes: { body: ExplorationRequest },
  answer: JobBody,
  run: ({ jobs, shards }, { body }) =>
    jobBodyOf(jobs.start('exploration', explorationWork(prepareExploration(body), shards))),
});

/** `POST /v1/explorations`: every state that a machine can come to. */
export const explorationRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.post(
    '/v1/explorations',
    {
      schema: {
        operationId: startExploration.id,
        summary: 'Visit every state of a small machine: a job.',
        description: 'The result says what holds in all of them, or the shortest way to a mistake.',
        tags: ['races'],
        ...startExploration.takes,
        response: { 202: JobBody, ...refusals(...WITH_BODY, ...CHANGING, 'job-limit-reached') },
      },
    },
    async (request, reply) => {
      const job = await startExploration.run(host, request);
      announceJob(reply, job);
      return job;
    },
  );
};
