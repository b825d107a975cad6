import { z } from 'zod';
import { matcherOf, NearestFrame, Pattern } from '../conditions/pattern.js';
import { NearestState, sensibleCondition, stateFields } from '../conditions/state-condition.js';
import type { Condition } from '../conditions/waits.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import type { RouteAccess } from '../http/access.js';
import { disconnectOf } from '../http/disconnect.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { Digits, filterFields, HistoryFrame, Seq, VmId } from '../wire/frames.js';
import { OF_VCPU, refusals, WITH_BODY } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const WAIT_MS = 10_000;

const Until = z
  .discriminatedUnion('on', [
    z
      .strictObject({
        on: z.literal('event'),
        match: Pattern.prefault({}),
        after: Seq.optional().describe('Look behind this sequence number; without it, from now.'),
      })
      .meta({ id: 'Until.event', description: 'Until a command or event matches.' }),
    z
      .strictObject({ on: z.literal('state'), ...stateFields })
      .meta({ id: 'Until.state', description: 'Until all checks of a vCPU hold at one moment.' }),
  ])
  .meta({ id: 'Until', description: 'The condition that ends a wait.' });

const WaitBody = z
  .strictObject({
    until: Until,
    timeoutMs: z.number().int().min(0).max(BOUNDS.waitMs.value).default(WAIT_MS),
  })
  .meta({
    id: 'Wait',
    description: 'A condition, and the longest wait for it.',
    examples: [
      {
        until: {
          on: 'state',
          vcpu: 0,
          where: [{ path: '/requests', op: 'contains', value: 'MMU_SYNC' }],
        },
        timeoutMs: 5000,
      },
    ],
  });

const WaitAnswer = z
  .strictObject({
    met: z.boolean(),
    reason: z.enum(['met', 'timeout', 'vm-deleted']),
    seq: Seq.describe("The VM's newest sequence number when the wait ended: `after` of the next."),
    frame: HistoryFrame.nullable().describe('The event or command, if the wait was for one.'),
    nearest: z
      .strictObject({ frame: NearestFrame.nullable(), state: NearestState.nullable() })
      .describe('The nearest miss, if it was not met.'),
  })
  .meta({ id: 'WaitAnswer', description: 'The end of a wait.' });

const params = z.strictObject({ vm: VmId });

/** Signal for a caller that cannot leave before the end. */
const NEVER = new AbortController().signal;

export const waitForEvent = operation({
  id: 'waitForEvent',
  takes: {
    params,
    querystring: z.strictObject({
      after: Digits.optional().describe('Look behind this one; without it, from now.'),
      timeoutMs: Digits.pipe(z.number().max(BOUNDS.waitMs.value)).default(WAIT_MS),
      ...filterFields,
    }),
  },
  answer: WaitAnswer,
  async run(
    { fleet, waits },
    { params: { vm }, query: { after, timeoutMs, ...wanted } },
    signal = NEVER,
  ) {
    const entry = fleet.get(vm);
    const matcher = matcherOf({ ...wanted, where: [] } as Pattern, '');
    const condition: Condition = { on: 'event', matcher, after: afterOf(entry, after, 'query') };
    return await waits.until({ entry, condition, timeoutMs, signal });
  },
});

export const waitUntil = operation({
  id: 'waitUntil',
  takes: { params, body: WaitBody },
  answer: WaitAnswer,
  async run({ fleet, waits }, { params: { vm }, body: { until, timeoutMs } }, signal = NEVER) {
    const entry = fleet.get(vm);
    if (until.on === 'state') {
      const condition: Condition = { on: 'state', ...sensibleCondition(entry, until, '/until') };
      return await waits.until({ entry, condition, timeoutMs, signal });
    }
    const matcher = matcherOf(until.match, '/until/match');
    const after = afterOf(entry, until.after, 'body');
    const condition: Condition = { on: 'event', matcher, after };
    return await waits.until({ entry, condition, timeoutMs, signal });
  },
});

const tags = ['events'];
const REFUSED = [...OF_VCPU, 'origin-refused', 'events-expired', 'wait-limit-reached'] as const;

/** `/v1/vms/:vm/wait`: a long poll until an event comes or a condition on the state holds. */
export const waitRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/wait',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: waitForEvent.id,
        summary: 'Wait until a command or event matches.',
        description: 'Answered after `timeoutMs` at the latest, then with the nearest miss.',
        tags,
        ...waitForEvent.takes,
        response: { 200: WaitAnswer, ...refusals(...REFUSED) },
      },
    },
    (request, reply) => waitForEvent.run(host, request, disconnectOf(reply.raw)),
  );

  app.post(
    '/v1/vms/:vm/wait',
    {
      config: { access: 'read' } satisfies RouteAccess,
      schema: {
        operationId: waitUntil.id,
        summary: 'Wait until an event matches, or a condition on the state of a vCPU holds.',
        description: 'Answered after `timeoutMs` at the latest, then with the nearest miss.',
        tags,
        ...waitUntil.takes,
        response: { 200: WaitAnswer, ...refusals(...WITH_BODY, ...REFUSED) },
      },
    },
    (request, reply) => waitUntil.run(host, request, disconnectOf(reply.raw)),
  );
};

function afterOf({ ring }: FleetVm, after: number | undefined, part: 'query' | 'body'): number {
  if (after === undefined) return ring.head;
  if (after <= ring.head) return after;
  const path = part === 'query' ? '/after' : '/until/after';
  const message = `above ${ring.head}`;
  throw new ApiError(
    'invalid-request',
    `Cannot wait for events after ${after}: the newest is ${ring.head}`,
    { errors: [{ in: part, path, message }] },
  );
}
