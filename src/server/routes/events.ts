import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { EventRing } from '../../journal/index.js';
import { ApiError } from '../errors.js';
import { filterOf } from '../filter.js';
import type { Fleet } from '../fleet.js';
import { HistoryFrame, HistoryQuery, Seq, VmId } from '../frames.js';
import { refusals } from '../problem.js';
import type { Streams } from '../streams.js';

const HistoryPage = z
  .strictObject({
    events: z.array(HistoryFrame),
    head: Seq.describe('The newest sequence number of the VM.'),
    oldest: Seq.describe('The lowest one that is kept; one above `head` if none is.'),
    next: Seq.describe('`after` of the next page; equal to `head` if this is the last.'),
  })
  .meta({ id: 'HistoryPage', description: 'A part of the history of a VM.' });

interface EventRouteOptions {
  readonly fleet: Fleet;
  readonly streams: Streams;
}

/** `GET /v1/vms/:vm/events`: a page of history or, as an upgrade, a stream of it. */
export const eventRoutes: FastifyPluginAsync<EventRouteOptions> = async (
  app: FastifyInstance,
  { fleet, streams },
) => {
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v1/vms/:vm/events',
    schema: {
      operationId: 'listEvents',
      summary: 'Read the history of a VM: its commands and events. As a WebSocket, follow it.',
      tags: ['events'],
      params: z.strictObject({ vm: VmId }),
      querystring: HistoryQuery,
      response: {
        200: HistoryPage,
        ...refusals(
          'upgrade-refused',
          'origin-refused',
          'vm-not-found',
          'events-expired',
          'stream-limit-reached',
        ),
      },
    },
    // Before the upgrade, a refusal is still an ordinary answer.
    preHandler: async ({ ws, params, query }) => {
      if (!ws) return;
      checkAfter(fleet.get(params.vm).ring, query.after);
      streams.admit();
    },
    handler: ({ params, query }) => pageOf(fleet.get(params.vm).ring, query),
    wsHandler: (socket, { params, query, raw }) => {
      streams.open(fleet.get(params.vm), query, socket, raw.socket);
    },
  });
};

function pageOf(ring: EventRing, query: HistoryQuery): z.output<typeof HistoryPage> {
  const { head, oldest } = ring;
  const { after = oldest - 1, limit } = query;
  checkAfter(ring, after);
  if (after + 1 < oldest) {
    throw new ApiError(
      'events-expired',
      `Cannot read events after ${after}: history is kept from ${oldest}`,
      { oldest },
    );
  }
  const wants = filterOf(query);
  const events: z.output<typeof HistoryFrame>[] = [];
  let next = after;
  while (next < head && events.length < limit) {
    next += 1;
    const record = ring.at(next);
    if (record !== undefined && (wants === null || wants(record))) events.push(record);
  }
  return { events, head, oldest, next };
}

function checkAfter({ head }: EventRing, after: number | undefined): void {
  if (after !== undefined && after > head) {
    throw new ApiError(
      'invalid-request',
      `Cannot read events after ${after}: the newest is ${head}`,
      {
        errors: [{ in: 'query', path: '/after', message: `above ${head}` }],
      },
    );
  }
}
