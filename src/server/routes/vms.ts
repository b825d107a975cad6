import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { VmConfig } from '../../mmu/schema/index.js';
import { VmBody, vmBodyOf } from '../fleet/vm-body.js';
import { Lanes } from '../fleet/vm-lanes.js';
import { meant, pageOf, VmPage, VmQuery } from '../fleet/vm-page.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { etagOf } from '../http/etag.js';
import { VmId } from '../wire/frames.js';
import { LABELS, LabelsPatch, patchedLabels, SELECTION } from '../wire/labels.js';
import { refusals } from '../wire/problem.js';

const VmCreation = VmConfig.safeExtend({ ...LABELS, lanes: Lanes.optional() })
  .prefault({})
  .meta({
    id: 'VmCreation',
    description: 'What the VM is made from, and its labels. Every field has a default.',
    examples: [
      { vcpus: 1, policy: 'mainline', paging: 'shadow' },
      { name: 'a case', tags: { suite: 'nightly' }, ttlSeconds: 600 },
    ],
  });

const VmsDeleted = z
  .strictObject({ deleted: z.number().int().describe('How many VMs were deleted.') })
  .meta({ id: 'VmsDeleted', description: 'What a bulk deletion did.' });

/** To delete all VMs, delete them by a tag that all have: nobody does that by mistake. */
const VmsSelection = z
  .strictObject(SELECTION)
  .refine(({ tag, name }) => tag !== undefined || name !== undefined, {
    path: ['tag'],
    message: 'required, unless there is a name',
  });

const vmParams = z.strictObject({ vm: VmId });

export const createVm = operation({
  takes: { body: VmCreation },
  answer: VmBody,
  run: ({ fleet }, { body: { name, tags, ttlSeconds, lanes = null, ...config } }) =>
    vmBodyOf(fleet.create(config, { name, tags, ttlSeconds }, lanes)),
});

export const listVms = operation({
  takes: { querystring: VmQuery },
  answer: VmPage,
  run: ({ fleet }, { query }) => pageOf(fleet, query),
});

export const deleteVms = operation({
  takes: { querystring: VmsSelection },
  answer: VmsDeleted,
  run({ fleet }, { query }) {
    const ids = [...meant(fleet, query)].map(({ id }) => id);
    for (const id of ids) fleet.delete(id);
    return { deleted: ids.length };
  },
});

export const getVm = operation({
  takes: { params: vmParams },
  answer: VmBody,
  run: ({ fleet }, { params: { vm } }) => vmBodyOf(fleet.get(vm)),
});

export const relabelVm = operation({
  takes: { params: vmParams, body: LabelsPatch },
  answer: VmBody,
  run({ fleet }, { params: { vm }, body }) {
    const entry = fleet.get(vm);
    fleet.relabel(entry, patchedLabels(entry.labels, body));
    return vmBodyOf(entry);
  },
});

export const deleteVm = operation({
  takes: { params: vmParams },
  answer: z.null().describe('Deleted.'),
  run({ fleet }, { params: { vm } }) {
    fleet.delete(vm);
    return null;
  },
});

const tags = ['vms'];

/** `/v1/vms`: the life of VMs. */
export const vmRoutes: FastifyPluginAsyncZod<{ host: Host }> = async (app, { host }) => {
  app.post(
    '/v1/vms',
    {
      schema: {
        operationId: 'createVm',
        summary: 'Create a VM.',
        tags,
        ...createVm.takes,
        response: {
          201: VmBody,
          ...refusals(
            'malformed-json',
            'origin-refused',
            'scope-insufficient',
            'body-too-large',
            'unsupported-media-type',
            'vm-limit-reached',
            'vcpu-limit-reached',
            'memory-limit-reached',
            'tag-limit-reached',
          ),
        },
      },
    },
    async (request, reply) => {
      const created = await createVm.run(host, request);
      void reply.code(201).header('location', `/v1/vms/${created.id}`);
      void reply.header('etag', etagOf(created.seq));
      return created;
    },
  );

  app.get(
    '/v1/vms',
    {
      schema: {
        operationId: 'listVms',
        summary: 'List VMs in the order of their creation: all, or those of a tag or name.',
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
        operationId: 'deleteVms',
        summary: 'Delete all VMs of a tag or name.',
        tags,
        ...deleteVms.takes,
        response: { 200: VmsDeleted, ...refusals('origin-refused', 'scope-insufficient') },
      },
    },
    (request) => deleteVms.run(host, request),
  );

  app.get(
    '/v1/vms/:vm',
    {
      schema: {
        operationId: 'getVm',
        summary: 'Read a VM.',
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
        operationId: 'relabelVm',
        summary: 'Change the name, the tags or the TTL of a VM.',
        tags,
        ...relabelVm.takes,
        response: {
          200: VmBody,
          ...refusals(
            'malformed-json',
            'origin-refused',
            'scope-insufficient',
            'vm-not-found',
            'body-too-large',
            'unsupported-media-type',
            'tag-limit-reached',
          ),
        },
      },
    },
    (request) => relabelVm.run(host, request),
  );

  app.delete(
    '/v1/vms/:vm',
    {
      schema: {
        operationId: 'deleteVm',
        summary: 'Delete a VM: its streams end and its history is forgotten.',
        tags,
        ...deleteVm.takes,
        response: {
          204: deleteVm.answer,
          ...refusals('vm-not-found', 'origin-refused', 'scope-insufficient'),
        },
      },
    },
    (request, reply) => {
      void reply.code(204);
      return deleteVm.run(host, request);
    },
  );
};
