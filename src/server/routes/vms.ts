import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { VmConfig } from '../../mmu/schema/index.js';
import type { Fleet, FleetVm } from '../fleet.js';
import { Digits, Seq, VmId } from '../frames.js';
import { refusals } from '../problem.js';

const PAGE_VMS_MAX = 1000;

const identity = {
  id: VmId,
  seq: Seq.describe('Sequence number of the newest command or event; 0 at first.'),
  poisoned: z.boolean().describe('An error of ours stopped this VM: it takes no more commands.'),
};

/** A VM, with all that it was made from. */
const VmBody = z
  .strictObject({ ...identity, ...VmConfig.shape })
  .meta({ id: 'Vm', description: 'A VM, and what it was made from.' });

/** A VM in a list, without its CPUID bits, registers and memory. */
const VmSummary = z
  .strictObject({
    ...identity,
    vcpus: VmConfig.shape.vcpus,
    policy: VmConfig.shape.policy,
    kernel: VmConfig.shape.kernel,
    vendor: VmConfig.shape.vendor,
    paging: VmConfig.shape.paging,
  })
  .meta({ id: 'VmSummary', description: 'A VM in a list.' });

const VmPage = z
  .strictObject({
    vms: z.array(VmSummary),
    next: z.string().nullable().describe('`cursor` of the next page; null if this is the last.'),
    total: z.number().int().describe('VMs that there are.'),
  })
  .meta({ id: 'VmPage', description: 'Some of the VMs, in the order of their creation.' });

const VmCreation = VmConfig.prefault({}).meta({
  id: 'VmCreation',
  description: 'What the VM is made from. Every field has a default.',
  examples: [{ vcpus: 1, policy: 'mainline', paging: 'shadow' }],
});

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
            'body-too-large',
            'unsupported-media-type',
            'vm-limit-reached',
            'vcpu-limit-reached',
            'memory-limit-reached',
          ),
        },
      },
    },
    ({ body }, reply) => {
      const entry = fleet.create(body);
      void reply.code(201).header('location', `/v1/vms/${entry.id}`);
      return bodyOf(entry);
    },
  );

  app.get(
    '/v1/vms',
    {
      schema: {
        operationId: 'listVms',
        summary: 'List VMs in the order of their creation.',
        tags,
        querystring: z.strictObject({
          cursor: Digits.optional().describe('`next` of the page before.'),
          limit: Digits.pipe(z.number().min(1).max(PAGE_VMS_MAX)).default(100),
        }),
        response: { 200: VmPage, ...refusals() },
      },
    },
    ({ query: { cursor, limit } }) => pageOf(fleet, cursor ?? 0, limit),
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
    ({ params: { vm } }) => bodyOf(fleet.get(vm)),
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
          ...refusals('vm-not-found', 'origin-refused'),
        },
      },
    },
    ({ params: { vm } }, reply) => {
      fleet.delete(vm);
      void reply.code(204).send(null);
    },
  );
};

function bodyOf({ id, ring, poison, vm }: FleetVm): z.output<typeof VmBody> {
  return { id, seq: ring.head, poisoned: poison !== null, ...vm.config };
}

function pageOf(fleet: Fleet, after: number, limit: number): z.output<typeof VmPage> {
  const vms: z.output<typeof VmSummary>[] = [];
  let last = after;
  for (const { id, number, ring, poison, vm } of fleet.list(after)) {
    if (vms.length === limit) return { vms, next: String(last), total: fleet.size };
    const { vcpus, policy, kernel, vendor, paging } = vm.config;
    const poisoned = poison !== null;
    vms.push({ id, seq: ring.head, poisoned, vcpus, policy, kernel, vendor, paging });
    last = number;
  }
  return { vms, next: null, total: fleet.size };
}
