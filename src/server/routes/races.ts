import { z } from 'zod';
import {
  COST_PARTS,
  COST_UNIT,
  DEFAULT_PRICES,
  PRICE_NAMES,
  PRICED,
  PricedThing,
} from '../../lab/index.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { announceJob } from '../http/announce-job.js';
import { awaitEnd } from '../http/await-end.js';
import type { PreferredRoute } from '../http/prefer.js';
import { JobBody, jobBodyOf } from '../jobs/job-body.js';
import { raceWork } from '../jobs/race-job.js';
import { prepareRace, RaceRequest } from '../jobs/race-request.js';
import { CHANGING, refusals, WITH_BODY } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const CostParameterBody = z
  .strictObject({
    name: PricedThing,
    part: z.enum(COST_PARTS).describe('Part of the machine that the cost is for.'),
    cost: z.number().min(0).describe('Price by default, in cycles.'),
    counts: z.string().describe('The count that the price is multiplied by.'),
    reason: z.string().describe('Source of the price, or the reason for a guess.'),
  })
  .meta({ id: 'CostParameter', description: 'One number of the cost model.' });

const CostModelBody = z
  .strictObject({
    unit: z.string(),
    parts: z.array(z.enum(COST_PARTS)),
    parameters: z.array(CostParameterBody),
  })
  .meta({
    id: 'CostModel',
    description:
      'The things that a race charges for, at the prices of the list that it takes by default.',
  });

const MODEL: z.output<typeof CostModelBody> = {
  unit: COST_UNIT,
  parts: [...COST_PARTS],
  parameters: PRICE_NAMES.map((name) => {
    const { part, counts } = PRICED[name];
    const { value, source } = DEFAULT_PRICES.prices[name];
    return { name, part, cost: value, counts, reason: source };
  }),
};

export const getCostModel = operation({
  id: 'getCostModel',
  takes: {},
  answer: CostModelBody,
  run: () => MODEL,
});

export const startRace = operation({
  id: 'startRace',
  takes: { body: RaceRequest },
  answer: JobBody,
  async run(host, { body }) {
    const { source } = body;
    if (source.kind === 'vm') await host.fleet.sleeping.wakeFamily(source.vm);
    return jobBodyOf(host.jobs.start('race', raceWork(prepareRace(host, body))));
  },
});

const tags = ['races'];

/** `POST /v1/races` and `GET /v1/cost-model`: policies side by side, and the costs they are counted by. */
export const raceRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/cost-model',
    {
      schema: {
        operationId: getCostModel.id,
        summary: 'Read the things that a race charges for, with their prices by default.',
        description:
          '`GET /v1/price-lists` has every list, with the range and the source of each price.',
        tags,
        response: { 200: CostModelBody, ...refusals() },
      },
    },
    (request) => getCostModel.run(host, request),
  );

  app.post(
    '/v1/races',
    {
      config: { prefersWait: true } satisfies PreferredRoute,
      schema: {
        operationId: startRace.id,
        summary: 'Run policies side by side over the same commands: a job.',
        description:
          'Answered at once with the job, which `GET /v1/jobs/{job}` follows; with ' +
          '`Prefer: wait=SECONDS`, answered with 200 and the result if it ends in time.',
        tags,
        ...startRace.takes,
        response: {
          200: JobBody,
          202: JobBody,
          ...refusals(
            ...WITH_BODY,
            ...CHANGING,
            'vm-not-found',
            'beginning-unknown',
            'events-expired',
            'price-list-not-found',
            'job-too-long',
            'job-limit-reached',
            'wait-limit-reached',
          ),
        },
      },
    },
    async (request, reply) => {
      const { id } = await startRace.run(host, request);
      const job = host.jobs.get(id);
      announceJob(reply, job);
      await awaitEnd(host, job, request, reply);
      if (job.endedAt !== null) void reply.code(200);
      return jobBodyOf(job);
    },
  );
};
