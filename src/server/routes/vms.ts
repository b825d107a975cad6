import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { VmConfig } from '../../mmu/schema/index.js';
import { etagOf } from '../etag.js';
import type { Fleet } from '../fleet.js';
import type { FleetVm } from '../fleet-vm.js';
import { Digits, VmId } from '../frames.js';
import {
  LABELS,
  LabelsPatch,
  patchedLabels,
  SELECTION,
  type Selection,
  selectorOf,
} from '../labels.js';
import { refusals } from '../problem.js';
import { VmBody, VmSummary, vmBodyOf, vmSummaryOf } from '../vm-body.js';

const PAGE_VMS_MAX = 1000;

const VmPage = z
  .strictObject({
    vms: z.array(VmSummary),
    next: z.string().nullable().describe('`cursor` of the next page; null if this is the last.'),
    total: z.number().int().describe('VMs that are meant, on this page or not.'),
  })
  .meta({ id: 'VmPage', description: 'Some of the VMs, in the order of their creation.' });

const VmCreation = VmConfig.safeExtend(LABELS)
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

const VmQuery = z.strictObject({
  ...SELECTION,
  cursor: Digits.optional().describe('`next` of the page before.'),
  limit: Digits.pipe(z.number().min(1).max(PAGE_VMS_MAX)).default(100),
});
type VmQuery = z.output<typeof VmQuery>;

const vmParams = z.strictObject({ vm: VmId });
const tags = ['vms'];

/** `/v1/vms`: the life of VMs. */
export const vmRoutes: FastifyPluginAsyncZod<{ fleet: Fleet }> = async (app, { fleet }) => {
  app.post(
    '/v1/vms',
    {
      schema: {
        operationId: 'createVm',
        summary: 'Create a VM.',
        tags,
        body: VmCreation,
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
    ({ body: { name, tags, ttlSeconds, ...config } }, reply) => {
      const entry = fleet.create(config, { name, tags, ttlSeconds });
      void reply.code(201).header('location', `/v1/vms/${entry.id}`);
      void reply.header('etag', etagOf(entry.ring.head));
      return vmBodyOf(entry);
    },
  );

  app.get(
    '/v1/vms',
    {
      schema: {
        operationId: 'listVms',
        summary: 'List VMs in the order of their creation: all, or those of a tag or name.',
        tags,
        querystring: VmQuery,
        response: { 200: VmPage, ...refusals() },
      },
    },
    ({ query }) => pageOf(fleet, query),
  );

  app.delete(
    '/v1/vms',
    {
      schema: {
        operationId: 'deleteVms',
        summary: 'Delete all VMs of a tag or name.',
        tags,
        querystring: VmsSelection,
        response: { 200: VmsDeleted, ...refusals('origin-refused', 'scope-insufficient') },
      },
    },
    ({ query }) => {
      const ids = [...meant(fleet, query)].map(({ id }) => id);
      for (const id of ids) fleet.delete(id);
      return { deleted: ids.length };
    },
  );

  app.get(
    '/v1/vms/:vm',
    {
      schema: {
        operationId: 'getVm',
        summary: 'Read a VM.',
        tags,
        params: vmParams,
        response: { 200: VmBody, ...refusals('vm-not-found') },
      },
    },
    ({ params: { vm } }) => vmBodyOf(fleet.get(vm)),
  );

  app.patch(
    '/v1/vms/:vm',
    {
      schema: {
        operationId: 'relabelVm',
        summary: 'Change the name, the tags or the TTL of a VM.',
        tags,
        params: vmParams,
        body: LabelsPatch,
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
    ({ params: { vm }, body }) => {
      const entry = fleet.get(vm);
      fleet.relabel(entry, patchedLabels(entry.labels, body));
      return vmBodyOf(entry);
    },
  );

  app.delete(
    '/v1/vms/:vm',
    {
      schema: {
        operationId: 'deleteVm',
        summary: 'Delete a VM: its streams end and its history is forgotten.',
        tags,
        params: vmParams,
        response: {
          204: z.null().describe('Deleted.'),
          ...refusals('vm-not-found', 'origin-refused', 'scope-insufficient'),
        },
      },
    },
    ({ params: { vm } }, reply) => {
      fleet.delete(vm);
      void reply.code(204).send(null);
    },
  );
};

function pageOf(
  fleet: Fleet,
  { cursor = 0, limit, ...selection }: VmQuery,
): z.output<typeof VmPage> {
  const vms: z.output<typeof VmSummary>[] = [];
  let last = cursor;
  let total = 0;
  let next: string | null = null;
  for (const entry of meant(fleet, selection)) {
    total += 1;
    if (entry.number <= cursor) continue;
    if (vms.length === limit) next = String(last);
    else {
      vms.push(vmSummaryOf(entry));
      last = entry.number;
    }
  }
  return { vms, next, total };
}

/** The VMs that a query means, in the order of their creation. */
function* meant(fleet: Fleet, selection: Selection): Generator<FleetVm> {
  const selects = selectorOf(selection);
  for (const entry of fleet.list(0)) if (selects === null || selects(entry.labels)) yield entry;
}
