import { z } from 'zod';
import { vcpuStateOf } from '../../mmu/index.js';
import { VcpuState } from '../../mmu/schema/index.js';
import { vcpuOf } from '../fleet/fleet-vm.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { atMoment, Digits, Seq, VmId } from '../wire/frames.js';
import { OF_MOMENT, OF_PAST_VCPU, refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const VcpuList = z
  .strictObject({
    seq: Seq.describe('Sequence number of the VM at which these states hold.'),
    vcpus: z.array(VcpuState),
  })
  .meta({ id: 'VcpuList', description: 'All vCPUs of a VM.' });

export const listVcpus = operation({
  id: 'listVcpus',
  takes: { params: z.strictObject({ vm: VmId }), querystring: z.strictObject(atMoment) },
  answer: VcpuList,
  run: ({ fleet, moments }, { params, query: { at } }) =>
    moments.look(fleet.get(params.vm), at, ({ vm, seq }) => ({
      seq,
      vcpus: vm.vcpus.map((vcpu) => vcpuStateOf(vm, vcpu)),
    })),
});

export const getVcpu = operation({
  id: 'getVcpu',
  takes: {
    params: z.strictObject({ vm: VmId, vcpu: Digits }),
    querystring: z.strictObject(atMoment),
  },
  answer: VcpuState,
  run({ fleet, moments }, { params, query: { at } }) {
    const entry = fleet.get(params.vm);
    const task = `read vCPU ${params.vcpu}`;
    vcpuOf(entry, params.vcpu, task);
    return moments.look(entry, at, ({ vm }) => vcpuStateOf(vm, vcpuOf({ vm }, params.vcpu, task)));
  },
});

const tags = ['vcpus'];

/** `/v1/vms/:vm/vcpus`: registers, MMUs, roots, requests and counters. */
export const vcpuRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/vcpus',
    {
      schema: {
        operationId: listVcpus.id,
        summary: 'Read all vCPUs of a VM.',
        description: 'All states are of the same moment, `seq`.',
        tags,
        ...listVcpus.takes,
        response: { 200: VcpuList, ...refusals(...OF_MOMENT) },
      },
    },
    (request) => listVcpus.run(host, request),
  );

  app.get(
    '/v1/vms/:vm/vcpus/:vcpu',
    {
      schema: {
        operationId: getVcpu.id,
        summary: 'Read a vCPU: registers, MMUs, roots, requests and counters.',
        description: 'The `ETag` names the present state.',
        tags,
        ...getVcpu.takes,
        response: { 200: VcpuState, ...refusals(...OF_PAST_VCPU) },
      },
    },
    (request) => getVcpu.run(host, request),
  );
};
