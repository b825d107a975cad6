import { z } from 'zod';
import { explainLookup as explained } from '../../mmu/index.js';
import { Hex64, LookupState, MmuName } from '../../mmu/schema/index.js';
import { vcpuOf } from '../fleet/fleet-vm.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { atMoment, Digits, Seq, VmId } from '../wire/frames.js';
import { OF_PAST_VCPU, refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const LookupDump = z
  .strictObject({
    ...LookupState.shape,
    seq: Seq.describe('Sequence number of the VM at which this holds.'),
  })
  .meta({ id: 'LookupDump', description: 'A lookup in the root cache, explained slot by slot.' });

export const explainLookup = operation({
  id: 'explainLookup',
  takes: {
    params: z.strictObject({ vm: VmId, vcpu: Digits }),
    querystring: z.strictObject({
      ...atMoment,
      pgd: Hex64.describe('CR3 with its PCID, or EPTP with its attributes.'),
      mmu: MmuName.optional().describe('Without it, the MMU in use.'),
    }),
  },
  answer: LookupDump,
  run({ fleet, moments }, { params, query: { at, pgd, mmu } }) {
    const entry = fleet.get(params.vm);
    const task = `explain a lookup of vCPU ${params.vcpu}`;
    vcpuOf(entry, params.vcpu, task);
    return moments.look(entry, at, ({ vm, seq }) => {
      const vcpu = vcpuOf({ vm }, params.vcpu, task);
      return { ...explained(vm, vcpu, { pgd, mmu: mmu ?? vcpu.mmu.name }), seq };
    });
  },
});

/** `GET /v1/vms/:vm/vcpus/:vcpu/explain`: why a lookup of a pgd would hit or miss. */
export const explainRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/vcpus/:vcpu/explain',
    {
      schema: {
        operationId: explainLookup.id,
        summary: 'Explain, slot by slot, why a switch to a pgd would find a cached root or not.',
        description: 'The lookup is not carried out: nothing changes.',
        tags: ['dumps'],
        ...explainLookup.takes,
        response: { 200: LookupDump, ...refusals(...OF_PAST_VCPU) },
      },
    },
    (request) => explainLookup.run(host, request),
  );
};
