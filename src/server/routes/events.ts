import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { EventRing } from '../../journal/index.js';
import { filterOf } from '../conditions/filter.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Turns } from '../fleet/turns.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { etagOf } from '../http/etag.js';
import { BODY_TYPES, type BodyForm, BodySink, bodyFormOf } from '../streams/body-sink.js';
import { FleetQuery, FleetStreamFrame } from '../streams/fleet-frames.js';
import type { FrameSink } from '../streams/frame-sink.js';
import { SocketSink } from '../streams/socket-sink.js';
import { ApiError, type Flaw } from '../wire/errors.js';
import { HistoryFrame, HistoryQuery, Seq, StreamFrame, VmId } from '../wire/frames.js';
import { refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const HistoryPage = z
  .strictObject({
    events: z.array(HistoryFrame),
    head: Seq.describe('The newest sequence number of the VM.'),
    oldest: Seq.describe('The lowest one that is kept; one above `head` if none is.'),
    next: Seq.describe('`after` of the next page; equal to `head` if this is the last.'),
  })
  .meta({ id: 'HistoryPage', description: 'A part of the history of a VM.' });

/**
 * Headers of an EventSource that reconnects.
 *
 * @see WHATWG HTML, "Server-sent events"
 */
const ResumeHeaders = z.looseObject({
  'last-event-id': z
    .string()
    .max(128)
    .optional()
    .describe('`id` of the last server-sent event: stands for `epoch` and `after`.'),
});

interface Resumption {
  readonly after?: number | undefined;
  readonly epoch?: string | undefined;
}

export const listEvents = operation({
  id: 'listEvents',
  takes: { params: z.strictObject({ vm: VmId }), querystring: HistoryQuery },
  answer: HistoryPage,
  run({ fleet, streams }, { params, query }) {
    streams.epochs.demand(query.epoch, fleet.find(params.vm));
    return pageOf(fleet.turns, fleet.get(params.vm).ring, query);
  },
});

/**
 * Lets a sink follow a VM.
 *
 * @throws {ApiError} If there is no such VM or place, or no room for another stream.
 */
export function followVm(
  { fleet, streams }: Host,
  { vm, query, sink }: { vm: string; query: HistoryQuery; sink: FrameSink },
): void {
  streams.epochs.demand(query.epoch, fleet.find(vm));
  const entry = fleet.get(vm);
  checkAfter(entry.ring.head, query);
  streams.admit();
  streams.open(entry, query, sink);
}

/**
 * `GET /v1/vms/:vm/events`: a page of history or, as an upgrade or by `Accept`, a stream of it.
 * `GET /v1/events`: a stream of all VMs.
 */
export const eventRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  const { fleet, streams } = host;
  const { streamBufferBytes: bufferBytesMax } = fleet.limits;

  const follow = (
    reply: Pick<FastifyReply, 'headers' | 'type'>,
    form: BodyForm,
    open: (sink: FrameSink) => void,
    entry?: FleetVm,
  ): never => {
    const sink = new BodySink({ framing: streams.framingOf(form, entry), bufferBytesMax });
    open(sink);
    void reply.headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    void reply.type(BODY_TYPES[form]);
    // Sent as it is, which the types of a route do not know.
    return sink.body as never;
  };

  app.route({
    method: 'GET',
    url: '/v1/vms/:vm/events',
    schema: {
      operationId: listEvents.id,
      summary: 'Read or follow the history of a VM: its commands and events.',
      description: 'A page as JSON; by `Accept` or as a WebSocket, a stream that goes on.',
      tags: ['events'],
      ...listEvents.takes,
      headers: ResumeHeaders,
      response: {
        200: {
          description: 'A part of the history, or a stream of it.',
          content: {
            'application/json': { schema: HistoryPage },
            [BODY_TYPES.ndjson]: { schema: StreamFrame },
            [BODY_TYPES.sse]: { schema: StreamFrame },
          },
        },
        ...refusals(
          'upgrade-refused',
          'origin-refused',
          'vm-not-found',
          'events-expired',
          'epoch-changed',
          'stream-limit-reached',
        ),
      },
    },
    // Before the upgrade, a refusal is still an ordinary answer.
    preHandler: async ({ ws, params, query, headers }) => {
      const from = resumptionOf(query, headers['last-event-id']);
      streams.epochs.demand(from.epoch, fleet.find(params.vm));
      if (!ws && bodyFormOf(headers.accept) === null) return;
      checkAfter(fleet.get(params.vm).ring.head, from);
      streams.admit();
    },
    handler: ({ method, params, query, headers }, reply) => {
      const entry = fleet.get(params.vm);
      const form = method === 'HEAD' ? null : bodyFormOf(headers.accept);
      const wanted = { ...query, ...resumptionOf(query, headers['last-event-id']) };
      if (form === null) {
        void reply.header('etag', etagOf(host, entry, `from${entry.ring.oldest}`));
        return pageOf(fleet.turns, entry.ring, wanted);
      }
      return follow(reply, form, (sink) => streams.open(entry, wanted, sink), entry);
    },
    wsHandler: (socket, { params, query, raw }) => {
      const sink = new SocketSink({ socket, connection: raw.socket, bufferBytesMax });
      streams.open(fleet.get(params.vm), query, sink);
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/events',
    exposeHeadRoute: false,
    schema: {
      operationId: 'followVms',
      summary: 'Follow all VMs: their commands and events, and which come and go.',
      description: 'NDJSON unless `Accept` or an upgrade asks for another form.',
      tags: ['events'],
      querystring: FleetQuery,
      headers: ResumeHeaders,
      response: {
        200: {
          description: 'A stream that ends with the server.',
          content: {
            [BODY_TYPES.ndjson]: { schema: FleetStreamFrame },
            [BODY_TYPES.sse]: { schema: FleetStreamFrame },
          },
        },
        ...refusals('upgrade-refused', 'origin-refused', 'epoch-changed', 'stream-limit-reached'),
      },
    },
    preHandler: async ({ query, headers }) => {
      const from = resumptionOf(query, headers['last-event-id']);
      streams.epochs.demand(from.epoch);
      checkAfter(streams.feed.number, from);
      streams.admitFleet();
    },
    handler: ({ query, headers }, reply) => {
      const wanted = { ...query, ...resumptionOf(query, headers['last-event-id']) };
      const form = bodyFormOf(headers.accept) ?? 'ndjson';
      return follow(reply, form, (sink) => streams.openFleet(wanted, sink));
    },
    wsHandler: (socket, { query, raw }) => {
      const sink = new SocketSink({ socket, connection: raw.socket, bufferBytesMax });
      streams.openFleet(query, sink);
    },
  });
};

/**
 * Looks for the frames of a page in turns: a filter may find none in millions of records.
 *
 * @throws {ApiError} If the history does not reach back to where the page begins.
 */
async function pageOf(
  turns: Turns,
  ring: EventRing,
  query: HistoryQuery,
): Promise<z.output<typeof HistoryPage>> {
  const { head, oldest } = ring;
  const { after = oldest - 1, limit } = query;
  checkAfter(head, { after });
  if (after + 1 < oldest) throw expired(after, oldest);
  const wants = filterOf(query);
  const events: z.output<typeof HistoryFrame>[] = [];
  const work = turns.work();
  let next = after;
  while (next < head && events.length < limit) {
    if (work.isOver()) await work.next();
    // Without a place to begin at, the page begins with what is still kept.
    if (next + 1 < ring.oldest && query.after !== undefined) throw expired(next, ring.oldest);
    next += 1;
    const record = ring.at(next);
    if (record !== undefined && (wants === null || wants(record))) events.push(record);
  }
  return { events, head, oldest, next };
}

function expired(after: number, oldest: number): ApiError {
  const what = `Cannot read events after ${after}: history is kept from ${oldest}`;
  return new ApiError('events-expired', what, { oldest });
}

/** Place to resume from. `Last-Event-ID` wins: a reconnect repeats the query of the first connection. */
function resumptionOf({ after, epoch }: Resumption, lastEventId: string | undefined): Resumption {
  if (lastEventId === undefined || lastEventId === '') return { after, epoch };
  const [, known, place] = /^(.{1,64}):(0|[1-9][0-9]{0,14})$/.exec(lastEventId) ?? [];
  if (place === undefined) {
    throw flawed('header', 'last-event-id', `Cannot resume from "${lastEventId}"`, 'no id of ours');
  }
  return { after: Number(place), epoch: known };
}

function checkAfter(head: number, { after }: Resumption): void {
  if (after === undefined || after <= head) return;
  throw flawed('query', 'after', `Cannot read events after ${after}`, `the newest is ${head}`);
}

function flawed(part: Flaw['in'], name: string, what: string, message: string): ApiError {
  const errors = [{ in: part, path: `/${name}`, message }];
  return new ApiError('invalid-request', `${what}: ${message}`, { errors });
}
