import { z } from 'zod';
import { tlbStateOf } from '../../mmu/index.js';
import { TlbState } from '../../mmu/schema/index.js';
import { vcpuOf } from '../fleet/fleet-vm.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { BOUNDS } from '../wire/bounds.js';
import { atMoment, Digits, Seq, VmId } from '../wire/frames.js';
import { OF_PAST_VCPU, refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const TlbDump = z
  .strictObject({
    ...TlbState.shape,
    seq: Seq.describe('Sequence number of the VM at which this holds.'),
    next: z.string().nullable().describe('`cursor` of the next part; null if this is the last.'),
  })
  .meta({ id: 'TlbDump', description: 'TLB entries of a vCPU, or a part of them.' });

export const getTlb = operation({
  id: 'getTlb',
  takes: {
    params: z.strictObject({ vm: VmId, vcpu: Digits }),
    querystring: z.strictObject({
      ...atMoment,
      cursor: Digits.default(0).describe('`next` of the part before.'),
      limit: Digits.pipe(z.number().min(1).max(BOUNDS.tlbEntriesPerPage.value))
        .default(1000)
        .describe('Entries of an answer at most, all contexts together.'),
    }),
  },
  answer: TlbDump,
  run({ fleet, moments }, { params, query: { at, cursor, limit } }) {
    const entry = fleet.get(params.vm);
    const task = `read the TLB of vCPU ${params.vcpu}`;
    vcpuOf(entry, params.vcpu, task);
    return moments.look(entry, at, ({ vm, seq }) => {
      const state = tlbStateOf(vcpuOf({ vm }, params.vcpu, task), { skip: cursor, limit });
      const end = cursor + limit;
      return { ...state, seq, next: end < state.size ? String(end) : null };
    });
  },
});

/** `GET /v1/vms/:vm/vcpus/:vcpu/tlb`: cached translations. */
export const tlbRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/vcpus/:vcpu/tlb',
    {
      schema: {
        operationId: getTlb.id,
        summary: 'Read the TLB entries of a vCPU, tag by tag.',
        description: 'A tag is a VPID, a PCID and the root of an EPT.',
        tags: ['dumps'],
        ...getTlb.takes,
        response: { 200: TlbDump, ...refusals(...OF_PAST_VCPU) },
      },
    },
    (request) => getTlb.run(host, request),
  );
};
