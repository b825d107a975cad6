import { z } from 'zod';
import { VmConfig } from '../../mmu/schema/index.js';
import { forEachInTurns } from '../fleet/turns.js';
import { VmBody, vmBodyOf } from '../fleet/vm-body.js';
import { Lanes } from '../fleet/vm-lanes.js';
import { pageOf, selectVms, VmPage, VmQuery } from '../fleet/vm-page.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { etagOf } from '../http/etag.js';
import { VmId } from '../wire/frames.js';
import { LABELS, LabelsPatch, patchedLabels, SELECTION } from '../wire/labels.js';
import { CHANGING, MAKING_VM, refusals, WITH_BODY } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const VmCreation = VmConfig.safeExtend({ ...LABELS, lanes: Lanes.optional() })
  .prefault({})
  .meta({
    id: 'VmCreation',
    description: 'Configuration and labels of a new VM. Every field has a default.',
    examples: [
      { vcpus: 1, policy: 'mainline', paging: 'shadow' },
      { name: 'a case', tags: { suite: 'nightly' }, ttlSeconds: 600 },
    ],
  });

const VmsDeleted = z
  .strictObject({ deleted: z.number().int().describe('Number of VMs that were deleted.') })
  .meta({ id: 'VmsDeleted', description: 'Result of a bulk deletion.' });

/** A deletion names a tag or a name, so that nobody deletes all VMs by mistake. */
const VmsSelection = z
  .strictObject(SELECTION)
  .refine(({ tag, name }) => tag !== undefined || name !== undefined, {
    path: ['tag'],
    message: 'required, unless there is a name',
  });

const vmParams = z.strictObject({ vm: VmId });

export const createVm = operation({
  id: 'createVm',
  takes: { body: VmCreation },
  answer: VmBody,
  run: async ({ fleet }, { body: { name, tags, ttlSeconds, lanes = null, ...config } }) =>
    vmBodyOf(await fleet.create({ config, labels: { name, tags, ttlSeconds }, lanes })),
});

export const listVms = operation({
  id: 'listVms',
  takes: { querystring: VmQuery },
  answer: VmPage,
  run: ({ fleet }, { query }) => pageOf(fleet, query),
});

export const deleteVms = operation({
  id: 'deleteVms',
  takes: { querystring: VmsSelection },
  answer: VmsDeleted,
  async run({ fleet }, { query }) {
    let deleted = 0;
    await forEachInTurns(fleet.turns, [...selectVms(fleet, query)], ({ id }) => {
      // Another request may have deleted it meanwhile.
      if (!fleet.has(id)) return;
      fleet.delete(id);
      deleted += 1;
    });
    return { deleted };
  },
});

export const getVm = operation({
  id: 'getVm',
  takes: { params: vmParams },
  answer: VmBody,
  run: ({ fleet }, { params: { vm } }) => vmBodyOf(fleet.get(vm)),
});

export const relabelVm = operation({
  id: 'relabelVm',
  takes: { params: vmParams, body: LabelsPatch },
  answer: VmBody,
  run({ fleet }, { params: { vm }, body }) {
    const entry = fleet.get(vm);
    fleet.relabel(entry, patchedLabels(entry.labels, body));
    return vmBodyOf(entry);
  },
});

export const deleteVm = operation({
  id: 'deleteVm',
  takes: { params: vmParams },
  answer: z.null().describe('Deleted.'),
  run({ fleet }, { params: { vm } }) {
    fleet.delete(vm);
    return null;
  },
});

const tags = ['vms'];

/** `/v1/vms`: creation, labels and deletion of VMs. */
export const vmRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.post(
    '/v1/vms',
    {
      schema: {
        operationId: createVm.id,
        summary: 'Create a VM.',
        description: 'Every field of the configuration has a default.',
        tags,
        ...createVm.takes,
        response: {
          201: VmBody,
          ...refusals(...WITH_BODY, ...CHANGING, ...MAKING_VM, 'tag-limit-reached'),
        },
      },
    },
    async (request, reply) => {
      const created = await createVm.run(host, request);
      void reply.code(201).header('location', `/v1/vms/${created.id}`);
      void reply.header('etag', etagOf(host, host.fleet.get(created.id)));
      return created;
    },
  );

  app.get(
    '/v1/vms',
    {
      schema: {
        operationId: listVms.id,
        summary: 'List VMs in the order of their creation: all, or those of a tag or name.',
        description: 'One page at a time: `next` of a page is the `cursor` of the following one.',
        tags,
        ...listVms.takes,
        response: { 200: VmPage, ...refusals() },
      },
    },
    (request) => listVms.run(host, request),
  );

  app.delete(
    '/v1/vms',
    {
      schema: {
        operationId: deleteVms.id,
        summary: 'Delete all VMs of a tag or name.',
        description: 'A tag or a name is required, so that nobody deletes all VMs by mistake.',
        tags,
        ...deleteVms.takes,
        response: { 200: VmsDeleted, ...refusals(...CHANGING) },
      },
    },
    (request) => deleteVms.run(host, request),
  );

  app.get(
    '/v1/vms/:vm',
    {
      schema: {
        operationId: getVm.id,
        summary: 'Read a VM.',
        description: 'Shows configuration, labels and sequence number, not the state of the vCPUs.',
        tags,
        ...getVm.takes,
        response: { 200: VmBody, ...refusals('vm-not-found') },
      },
    },
    (request) => getVm.run(host, request),
  );

  app.patch(
    '/v1/vms/:vm',
    {
      schema: {
        operationId: relabelVm.id,
        summary: 'Change the name, the tags or the TTL of a VM.',
        description: 'Absent fields stay; null removes a name, a tag or the TTL.',
        tags,
        ...relabelVm.takes,
        response: {
          200: VmBody,
          ...refusals(...WITH_BODY, ...CHANGING, 'vm-not-found', 'tag-limit-reached'),
        },
      },
    },
    (request) => relabelVm.run(host, request),
  );

  app.delete(
    '/v1/vms/:vm',
    {
      schema: {
        operationId: deleteVm.id,
        summary: 'Delete a VM.',
        description: 'Its streams end; its history and its snapshots are forgotten.',
        tags,
        ...deleteVm.takes,
        response: {
          204: deleteVm.answer,
          ...refusals(...CHANGING, 'vm-not-found'),
        },
      },
    },
    (request, reply) => {
      void reply.code(204);
      return deleteVm.run(host, request);
    },
  );
};
