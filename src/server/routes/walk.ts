import { z } from 'zod';
import {
  currentEptpOf,
  eptWalkOf,
  guestWalkOf,
  isEptpUsable,
  type Vcpu,
  type Vm,
} from '../../mmu/index.js';
import { Hex64, PhysicalAddress, WalkState } from '../../mmu/schema/index.js';
import { vcpuOf } from '../fleet/fleet-vm.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { ApiError } from '../wire/errors.js';
import { atMoment, Digits, Seq, VmId } from '../wire/frames.js';
import { OF_PAST_VCPU, refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const WalkQuery = z.strictObject({
  ...atMoment,
  gva: Hex64.optional().describe('A linear address of the guest that runs, L1 or L2.'),
  gpa: PhysicalAddress.optional().describe('Instead: a guest-physical address of L2.'),
  eptp: Hex64.optional().describe(
    'With `gpa`: the EPT to walk. Without it, that of the current VMCS.',
  ),
});
type WalkQuery = z.output<typeof WalkQuery>;

const WalkDump = z
  .strictObject({
    ...WalkState.shape,
    seq: Seq.describe('Sequence number of the VM at which this holds.'),
  })
  .meta({ id: 'WalkDump', description: "A walk of the guest's own tables that touches nothing." });

export const walkTables = operation({
  id: 'walkTables',
  takes: { params: z.strictObject({ vm: VmId, vcpu: Digits }), querystring: WalkQuery },
  answer: WalkDump,
  run({ fleet, moments }, { params, query }) {
    const entry = fleet.get(params.vm);
    const task = `walk for vCPU ${params.vcpu}`;
    vcpuOf(entry, params.vcpu, task);
    return moments.look(entry, query.at, ({ vm, seq }) => {
      return { ...walkOf(vm, vcpuOf({ vm }, params.vcpu, task), query), seq };
    });
  },
});

/** `GET /v1/vms/:vm/vcpus/:vcpu/walk`: translation of an address by the guest's own tables. */
export const walkRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/vcpus/:vcpu/walk',
    {
      schema: {
        operationId: walkTables.id,
        summary: "Walk the guest's own page tables, or an EPT of L1.",
        description: 'Touches nothing: no accessed or dirty bit is set.',
        tags: ['dumps'],
        ...walkTables.takes,
        response: { 200: WalkDump, ...refusals(...OF_PAST_VCPU) },
      },
    },
    (request) => walkTables.run(host, request),
  );
};

function walkOf(vm: Vm, vcpu: Vcpu, { gva, gpa, eptp }: WalkQuery): WalkState {
  if (gva !== undefined) {
    if (gpa !== undefined) throw flawed('gpa', 'there is a gva already');
    if (eptp !== undefined) throw flawed('eptp', 'needs a gpa, not a gva');
    return guestWalkOf(vm, vcpu, gva);
  }
  if (gpa === undefined) throw flawed('gva', 'required, unless there is a gpa');
  const root = eptp ?? currentEptpOf(vcpu);
  if (root === null) throw flawed('eptp', 'required: the current VMCS has none');
  if (!isEptpUsable(vm, root)) throw flawed('eptp', 'not one that VM entry accepts');
  return eptWalkOf(vm, vcpu, root, gpa);
}

function flawed(name: keyof WalkQuery, message: string): ApiError {
  return new ApiError('invalid-request', `Cannot take query at /${name}: ${message}`, {
    errors: [{ in: 'query', path: `/${name}`, message }],
  });
}
