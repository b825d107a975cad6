import { z } from 'zod';
import { vcpuStateOf } from '../../mmu/index.js';
import { VcpuState } from '../../mmu/schema/index.js';
import { vcpuOf } from '../fleet/fleet-vm.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { Digits, Seq, VmId } from '../wire/frames.js';
import { OF_VCPU, refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const VcpuList = z
  .strictObject({
    seq: Seq.describe('Sequence number of the VM at which these states hold.'),
    vcpus: z.array(VcpuState),
  })
  .meta({ id: 'VcpuList', description: 'All vCPUs of a VM.' });

export const listVcpus = operation({
  id: 'listVcpus',
  takes: { params: z.strictObject({ vm: VmId }) },
  answer: VcpuList,
  run({ fleet }, { params }) {
    const { ring, vm } = fleet.get(params.vm);
    return { seq: ring.head, vcpus: vm.vcpus.map((vcpu) => vcpuStateOf(vm, vcpu)) };
  },
});

export const getVcpu = operation({
  id: 'getVcpu',
  takes: { params: z.strictObject({ vm: VmId, vcpu: Digits }) },
  answer: VcpuState,
  run({ fleet }, { params: { vm, vcpu } }) {
    const entry = fleet.get(vm);
    return vcpuStateOf(entry.vm, vcpuOf(entry, vcpu, `read vCPU ${vcpu}`));
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
        response: { 200: VcpuList, ...refusals('vm-not-found') },
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
        description: 'Shows the present state, which the `ETag` names.',
        tags,
        ...getVcpu.takes,
        response: { 200: VcpuState, ...refusals(...OF_VCPU) },
      },
    },
    (request) => getVcpu.run(host, request),
  );
};
