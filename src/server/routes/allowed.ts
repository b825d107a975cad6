import { z } from 'zod';
import { allowedStateOf, isWatched } from '../../mmu/index.js';
import { AllowedState, Hex64 } from '../../mmu/schema/index.js';
import { vcpuOf } from '../fleet/fleet-vm.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { ApiError } from '../wire/errors.js';
import { atMoment, Digits, Seq, VmId } from '../wire/frames.js';
import { OF_PAST_VCPU, refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const AllowedDump = z
  .strictObject({
    ...AllowedState.shape,
    seq: Seq.describe('Sequence number of the VM at which this holds.'),
  })
  .meta({
    id: 'AllowedDump',
    description: 'Translations that the architecture allows for an address.',
  });

export const listAllowed = operation({
  id: 'listAllowed',
  takes: {
    params: z.strictObject({ vm: VmId, vcpu: Digits }),
    querystring: z.strictObject({
      ...atMoment,
      gva: Hex64.describe('Linear address, in the context that the vCPU is in.'),
    }),
  },
  answer: AllowedDump,
  run({ fleet, moments }, { params, query: { at, gva } }) {
    const entry = fleet.get(params.vm);
    const task = `ask what vCPU ${params.vcpu} may use`;
    vcpuOf(entry, params.vcpu, task);
    return moments.look(entry, at, ({ vm, seq }) => {
      if (!isWatched(vm)) {
        throw new ApiError('oracle-off', `Cannot ${task}: VM "${entry.id}" has "oracle": "off"`);
      }
      return { ...allowedStateOf(vm, vcpuOf({ vm }, params.vcpu, task), gva), seq };
    });
  },
});

/** `GET /v1/vms/:vm/vcpus/:vcpu/allowed`: translations that the architecture allows for an address. */
export const allowedRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/vcpus/:vcpu/allowed',
    {
      schema: {
        operationId: listAllowed.id,
        summary: 'List the translations that the architecture allows for an address.',
        description: 'Memory allows them, or a cache may still hold them. Needs `oracle: "on"`.',
        tags: ['dumps'],
        ...listAllowed.takes,
        response: {
          200: AllowedDump,
          ...refusals(...OF_PAST_VCPU, 'oracle-off'),
        },
      },
    },
    (request) => listAllowed.run(host, request),
  );
};
