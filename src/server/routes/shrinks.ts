import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { announceJob } from '../http/announce-job.js';
import { JobBody, jobBodyOf } from '../jobs/job-body.js';
import { shrinkWork } from '../jobs/shrink-job.js';
import { prepareShrink, ShrinkRequest } from '../jobs/shrink-request.js';
import { CHANGING, refusals, WITH_BODY } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

export const startShrink = operation({
  id: 'startShrink',
  takes: { body: ShrinkRequest },
  answer: JobBody,
  async run({ jobs, fleet, shards }, { body }) {
    const { source } = body;
    if (source.kind === 'vm') await fleet.sleeping.wakeFamily(source.vm);
    return jobBodyOf(jobs.start('shrink', shrinkWork(prepareShrink(fleet, body), shards)));
  },
});

/** `POST /v1/shrinks`: the fewest and simplest commands that show a mistake. */
export const shrinkRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.post(
    '/v1/shrinks',
    {
      schema: {
        operationId: startShrink.id,
        summary: 'Cut commands that show a mistake to the fewest and simplest: a job.',
        description:
          'A mistake is a violation, a failure of the model, or what the guest of another policy ' +
          'does not see. The result is a case, a script, and tests that fail as long as it shows.',
        tags: ['time'],
        ...startShrink.takes,
        response: {
          202: JobBody,
          ...refusals(
            ...WITH_BODY,
            ...CHANGING,
            'vm-not-found',
            'beginning-unknown',
            'events-expired',
            'job-limit-reached',
          ),
        },
      },
    },
    async (request, reply) => {
      const job = await startShrink.run(host, request);
      announceJob(reply, job);
      return job;
    },
  );
};
