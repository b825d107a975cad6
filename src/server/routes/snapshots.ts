import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Fleet } from '../fleet.js';
import { RewoundFrame, Seq, SnapshotName, VmId } from '../frames.js';
import { refusals, VM_BODY_REFUSALS } from '../problem.js';
import type { Snapshot } from '../snapshots.js';
import type { Timeline } from '../timeline.js';

const SnapshotBody = z
  .strictObject({
    name: SnapshotName,
    seq: Seq.describe('Sequence number of the VM when it was taken.'),
    bytes: z.number().int().describe('What it takes of the bound `snapshotBytes`.'),
  })
  .meta({ id: 'Snapshot', description: 'A state of a VM that was given a name.' });

const SnapshotList = z
  .strictObject({ snapshots: z.array(SnapshotBody) })
  .meta({ id: 'SnapshotList', description: 'The snapshots of a VM, the oldest first.' });

const SnapshotCreation = z
  .strictObject({ name: SnapshotName })
  .meta({ id: 'SnapshotCreation', examples: [{ name: 'booted' }] });

const params = z.strictObject({ vm: VmId });
const snapshotParams = z.strictObject({ vm: VmId, snapshot: SnapshotName });
const tags = ['time'];

interface SnapshotRouteOptions {
  readonly fleet: Fleet;
  readonly timeline: Timeline;
}

/** `/v1/vms/:vm/snapshots`: states that were given names. */
export const snapshotRoutes: FastifyPluginAsyncZod<SnapshotRouteOptions> = async (
  app,
  { fleet, timeline },
) => {
  app.post(
    '/v1/vms/:vm/snapshots',
    {
      schema: {
        operationId: 'takeSnapshot',
        summary: 'Give the present state of a VM a name.',
        tags,
        params,
        body: SnapshotCreation,
        response: {
          201: SnapshotBody,
          ...refusals(
            ...VM_BODY_REFUSALS,
            'snapshot-exists',
            'vm-poisoned',
            'snapshot-limit-reached',
          ),
        },
      },
    },
    (request, reply) => {
      const entry = fleet.get(request.params.vm);
      const snapshot = timeline.take(entry, request.body.name);
      void reply.code(201).header('location', `/v1/vms/${entry.id}/snapshots/${snapshot.name}`);
      return bodyOf(snapshot);
    },
  );

  app.get(
    '/v1/vms/:vm/snapshots',
    {
      schema: {
        operationId: 'listSnapshots',
        summary: 'List the snapshots of a VM, the oldest first.',
        tags,
        params,
        response: { 200: SnapshotList, ...refusals('vm-not-found') },
      },
    },
    (request) => {
      const { id } = fleet.get(request.params.vm);
      return { snapshots: [...timeline.snapshots.of(id).values()].map(bodyOf) };
    },
  );

  app.get(
    '/v1/vms/:vm/snapshots/:snapshot',
    {
      schema: {
        operationId: 'getSnapshot',
        summary: 'Read a snapshot of a VM.',
        tags,
        params: snapshotParams,
        response: { 200: SnapshotBody, ...refusals('vm-not-found', 'snapshot-not-found') },
      },
    },
    ({ params: { vm, snapshot } }) => bodyOf(timeline.snapshots.get(fleet.get(vm).id, snapshot)),
  );

  app.post(
    '/v1/vms/:vm/snapshots/:snapshot/restore',
    {
      schema: {
        operationId: 'restoreSnapshot',
        summary: 'Take a VM back to a snapshot. Its sequence numbers go on rising.',
        tags,
        params: snapshotParams,
        body: z.strictObject({}).prefault({}),
        response: {
          200: RewoundFrame,
          ...refusals(...VM_BODY_REFUSALS, 'snapshot-not-found', 'memory-limit-reached'),
        },
      },
    },
    ({ params: { vm, snapshot } }) => timeline.restore(fleet.get(vm), snapshot),
  );

  app.delete(
    '/v1/vms/:vm/snapshots/:snapshot',
    {
      schema: {
        operationId: 'deleteSnapshot',
        summary: 'Forget a snapshot.',
        tags,
        params: snapshotParams,
        response: {
          204: z.null().describe('Deleted.'),
          ...refusals('origin-refused', 'scope-insufficient', 'vm-not-found', 'snapshot-not-found'),
        },
      },
    },
    ({ params: { vm, snapshot } }, reply) => {
      timeline.snapshots.delete(fleet.get(vm).id, snapshot);
      void reply.code(204).send(null);
    },
  );
};

function bodyOf({ name, seq, state }: Snapshot): z.output<typeof SnapshotBody> {
  return { name, seq, bytes: state.length };
}
