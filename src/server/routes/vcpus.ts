import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { vcpuStateOf } from '../../mmu/index.js';
import { VcpuState } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet.js';
import { vcpuOf } from '../fleet-vm.js';
import { Digits, Seq, VmId } from '../frames.js';
import { refusals } from '../problem.js';

const VcpuList = z
  .strictObject({
    seq: Seq.describe('Sequence number of the VM at which these states hold.'),
    vcpus: z.array(VcpuState),
  })
  .meta({ id: 'VcpuList', description: 'All vCPUs of a VM.' });

const tags = ['vcpus'];

/** `/v1/vms/:vm/vcpus`: registers, MMUs, roots, requests and counters. */
export const vcpuRoutes: FastifyPluginAsyncZod<{ fleet: Fleet }> = async (app, { fleet }) => {
  app.get(
    '/v1/vms/:vm/vcpus',
    {
      schema: {
        operationId: 'listVcpus',
        summary: 'Read all vCPUs of a VM.',
        tags,
        params: z.strictObject({ vm: VmId }),
        response: { 200: VcpuList, ...refusals('vm-not-found') },
      },
    },
    ({ params }) => {
      const { ring, vm } = fleet.get(params.vm);
      return { seq: ring.head, vcpus: vm.vcpus.map(vcpuStateOf) };
    },
  );

  app.get(
    '/v1/vms/:vm/vcpus/:vcpu',
    {
      schema: {
        operationId: 'getVcpu',
        summary: 'Read a vCPU: registers, MMUs, roots, requests and counters.',
        tags,
        params: z.strictObject({ vm: VmId, vcpu: Digits }),
        response: { 200: VcpuState, ...refusals('vm-not-found', 'vcpu-not-found') },
      },
    },
    ({ params: { vm, vcpu } }) => vcpuStateOf(vcpuOf(fleet.get(vm), vcpu, `read vCPU ${vcpu}`)),
  );
};
