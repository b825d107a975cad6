import { z } from 'zod';
import { Why } from '../../lab/index.js';
import { whyAt } from '../history/why.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { Digits, VmId } from '../wire/frames.js';
import { OF_MOMENT, refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

export const explainEvent = operation({
  id: 'explainEvent',
  takes: { params: z.strictObject({ vm: VmId, seq: Digits }) },
  answer: Why,
  run: (host, { params: { vm, seq } }) => whyAt(host, host.fleet.get(vm), seq),
});

/** `GET /v1/vms/:vm/events/:seq/why`: the causes of an event, and what else might have been done. */
export const whyRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/events/:seq/why',
    {
      schema: {
        operationId: explainEvent.id,
        summary: 'Explain a command or an event: its causes, and what else might have been done.',
        description:
          'With functions of Linux, sections of the manual, the decision of every policy, and the ' +
          'worth that has shown so far.',
        tags: ['events'],
        ...explainEvent.takes,
        response: { 200: Why, ...refusals(...OF_MOMENT) },
      },
    },
    (request) => explainEvent.run(host, request),
  );
};
