import { z } from 'zod';
import type { Snapshot } from '../history/snapshots.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { RewoundFrame, Seq, SnapshotName, VmId } from '../wire/frames.js';
import { CHANGING, refusals, WITH_BODY } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const SnapshotBody = z
  .strictObject({
    name: SnapshotName,
    seq: Seq.describe('Sequence number of the VM when it was taken.'),
    bytes: z
      .number()
      .int()
      .describe(
        'Bytes that count towards `snapshotBytes`; pages that it shares with the snapshot taken ' +
          'before it are counted there.',
      ),
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

export const takeSnapshot = operation({
  id: 'takeSnapshot',
  takes: { params, body: SnapshotCreation },
  answer: SnapshotBody,
  run: ({ fleet, timeline }, { params: { vm }, body: { name } }) =>
    bodyOf(timeline.take(fleet.get(vm), name)),
});

export const listSnapshots = operation({
  id: 'listSnapshots',
  takes: { params },
  answer: SnapshotList,
  run({ fleet, timeline }, { params: { vm } }) {
    return { snapshots: [...timeline.snapshots.of(fleet.get(vm).id).values()].map(bodyOf) };
  },
});

export const getSnapshot = operation({
  id: 'getSnapshot',
  takes: { params: snapshotParams },
  answer: SnapshotBody,
  run: ({ fleet, timeline }, { params: { vm, snapshot } }) =>
    bodyOf(timeline.snapshots.get(fleet.get(vm).id, snapshot)),
});

export const restoreSnapshot = operation({
  id: 'restoreSnapshot',
  takes: { params: snapshotParams, body: z.strictObject({}).prefault({}) },
  answer: RewoundFrame,
  run: ({ fleet, timeline }, { params: { vm, snapshot } }) =>
    timeline.restore(fleet.get(vm), snapshot),
});

export const deleteSnapshot = operation({
  id: 'deleteSnapshot',
  takes: { params: snapshotParams },
  answer: z.null().describe('Deleted.'),
  run({ fleet, timeline }, { params: { vm, snapshot } }) {
    timeline.forget(fleet.get(vm), snapshot);
    return null;
  },
});

const tags = ['time'];

/** `/v1/vms/:vm/snapshots`: named states. */
export const snapshotRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.post(
    '/v1/vms/:vm/snapshots',
    {
      schema: {
        operationId: takeSnapshot.id,
        summary: 'Give the present state of a VM a name.',
        description: 'A snapshot stays until it or the VM is deleted.',
        tags,
        ...takeSnapshot.takes,
        response: {
          201: SnapshotBody,
          ...refusals(
            ...WITH_BODY,
            ...CHANGING,
            'vm-not-found',
            'snapshot-exists',
            'vm-poisoned',
            'snapshot-limit-reached',
          ),
        },
      },
    },
    async (request, reply) => {
      const taken = await takeSnapshot.run(host, request);
      const { vm } = request.params;
      void reply.code(201).header('location', `/v1/vms/${vm}/snapshots/${taken.name}`);
      return taken;
    },
  );

  app.get(
    '/v1/vms/:vm/snapshots',
    {
      schema: {
        operationId: listSnapshots.id,
        summary: 'List the snapshots of a VM, the oldest first.',
        description: 'Shows how much memory each takes.',
        tags,
        ...listSnapshots.takes,
        response: { 200: SnapshotList, ...refusals('vm-not-found') },
      },
    },
    (request) => listSnapshots.run(host, request),
  );

  app.get(
    '/v1/vms/:vm/snapshots/:snapshot',
    {
      schema: {
        operationId: getSnapshot.id,
        summary: 'Read a snapshot of a VM.',
        description: 'Shows its moment and its size, not the state.',
        tags,
        ...getSnapshot.takes,
        response: { 200: SnapshotBody, ...refusals('vm-not-found', 'snapshot-not-found') },
      },
    },
    (request) => getSnapshot.run(host, request),
  );

  app.post(
    '/v1/vms/:vm/snapshots/:snapshot/restore',
    {
      schema: {
        operationId: restoreSnapshot.id,
        summary: 'Take a VM back to a snapshot.',
        description: 'Its sequence numbers go on rising.',
        tags,
        ...restoreSnapshot.takes,
        response: {
          200: RewoundFrame,
          ...refusals(
            ...WITH_BODY,
            ...CHANGING,
            'vm-not-found',
            'snapshot-not-found',
            'memory-limit-reached',
          ),
        },
      },
    },
    (request) => restoreSnapshot.run(host, request),
  );

  app.delete(
    '/v1/vms/:vm/snapshots/:snapshot',
    {
      schema: {
        operationId: deleteSnapshot.id,
        summary: 'Delete a snapshot.',
        description: 'The VM stays as it is.',
        tags,
        ...deleteSnapshot.takes,
        response: {
          204: deleteSnapshot.answer,
          ...refusals(...CHANGING, 'vm-not-found', 'snapshot-not-found'),
        },
      },
    },
    (request, reply) => {
      void reply.code(204);
      return deleteSnapshot.run(host, request);
    },
  );
};

function bodyOf({ name, seq, bytes }: Snapshot): z.output<typeof SnapshotBody> {
  return { name, seq, bytes };
}
