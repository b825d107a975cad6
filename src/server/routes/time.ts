import { z } from 'zod';
import { Digest, digestInTurns } from '../history/digest.js';
import { ForkChanges, fork } from '../history/fork.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import type { RouteAccess } from '../http/access.js';
import { etagOf } from '../http/etag.js';
import { Digits, RewoundFrame, Seq, VmId } from '../wire/frames.js';
import { CHANGING, MAKING_VM, RUNNING, refusals, WITH_BODY } from '../wire/refusals.js';
import { VERSION } from '../wire/version.js';
import type { TypedPlugin } from './typed-plugin.js';

const seqAsked = 'A moment that is kept: history has it, or a snapshot was taken then.';

const ForkBody = ForkChanges.extend({
  seq: z.number().int().min(0).optional().describe(`${seqAsked} Default: now.`),
})
  .prefault({})
  .meta({
    id: 'ForkBody',
    description:
      'The moment to fork at, and changes to the configuration. With changes, the fork runs all ' +
      'commands from the first one on under its own rules.',
    examples: [{ policy: 'unsync-roots' }],
  });

const ForkAnswer = z
  .strictObject({
    id: VmId,
    seq: Seq.describe('Sequence number of the new VM: it counts its own.'),
    origin: z
      .strictObject({ vm: VmId, seq: Seq })
      .describe('The VM that it was forked from, and the moment.'),
    replayed: z
      .boolean()
      .describe(
        'True if it ran the commands itself, and has them in its history; else it took only the state.',
      ),
  })
  .meta({ id: 'Fork', description: 'A new VM, in the state of another one.' });

const DigestAnswer = z
  .strictObject({
    vm: VmId,
    seq: Seq.describe('The moment that was asked for.'),
    version: z.string().describe('Version of the model.'),
    state: Digest,
  })
  .meta({ id: 'StateDigest', description: 'Names the state of a VM at a moment.' });

const NO_BODY = z.strictObject({}).prefault({});
const params = z.strictObject({ vm: VmId });

export const resetVm = operation({
  id: 'resetVm',
  takes: { params, body: NO_BODY },
  answer: RewoundFrame,
  run: ({ fleet, timeline }, { params: { vm } }) => timeline.reset(fleet.get(vm)),
});

export const forkVm = operation({
  id: 'forkVm',
  takes: { params, body: ForkBody },
  answer: ForkAnswer,
  async run({ fleet, timeline }, { params, body }) {
    const entry = fleet.get(params.vm);
    const { seq = entry.ring.head, ...changes } = body;
    const forked = await fork(fleet, timeline, { entry, seq, changes });
    const { id, ring } = forked.entry;
    return { id, seq: ring.head, origin: { vm: entry.id, seq }, replayed: forked.replayed };
  },
});

export const getDigest = operation({
  id: 'getDigest',
  takes: {
    params,
    querystring: z.strictObject({
      seq: Digits.optional().describe(`${seqAsked} Default: now.`),
    }),
  },
  answer: DigestAnswer,
  async run({ fleet, timeline }, { params, query }) {
    const entry = fleet.get(params.vm);
    const { seq = entry.ring.head } = query;
    const state = await timeline.stateAt(entry, seq);
    const digest = await digestInTurns(state, fleet.turns);
    return { vm: entry.id, seq, version: VERSION, state: digest };
  },
});

const tags = ['time'];

/** `POST /v1/vms/:vm/reset`, `POST /v1/vms/:vm/fork` and `GET /v1/vms/:vm/digest`. */
export const timeRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.post(
    '/v1/vms/:vm/reset',
    {
      schema: {
        operationId: resetVm.id,
        summary: 'Take a VM back to its configuration.',
        description: 'Its sequence numbers go on rising.',
        tags,
        ...resetVm.takes,
        response: { 200: RewoundFrame, ...refusals(...WITH_BODY, ...CHANGING, 'vm-not-found') },
      },
    },
    (request) => resetVm.run(host, request),
  );

  app.post(
    '/v1/vms/:vm/fork',
    {
      config: { needsKept: true } satisfies RouteAccess,
      schema: {
        operationId: forkVm.id,
        summary: 'Create a VM in the state of another one, at any moment that is kept.',
        description: 'With changes, it runs all commands again under its own rules.',
        tags,
        ...forkVm.takes,
        response: {
          201: ForkAnswer,
          ...refusals(
            ...WITH_BODY,
            ...CHANGING,
            'vm-not-found',
            ...RUNNING,
            'beginning-unknown',
            'events-expired',
            ...MAKING_VM,
            'tag-limit-reached',
          ),
        },
      },
    },
    async (request, reply) => {
      const forked = await forkVm.run(host, request);
      const entry = host.fleet.get(forked.id);
      void reply.code(201).header('location', `/v1/vms/${entry.id}`);
      void reply.header('etag', etagOf(host, entry));
      return forked;
    },
  );

  app.get(
    '/v1/vms/:vm/digest',
    {
      schema: {
        operationId: getDigest.id,
        summary: 'Name the state of a VM at a moment: equal states have equal digests.',
        description: 'Without `seq`, the present state.',
        tags,
        ...getDigest.takes,
        response: { 200: DigestAnswer, ...refusals('vm-not-found', 'events-expired') },
      },
    },
    (request) => getDigest.run(host, request),
  );
};
