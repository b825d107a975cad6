import { z } from 'zod';
import { memoryStateOf } from '../../mmu/index.js';
import { MemoryState, PhysicalAddress } from '../../mmu/schema/index.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { BOUNDS } from '../wire/bounds.js';
import { atMoment, Digits, Seq, VmId } from '../wire/frames.js';
import { OF_MOMENT, refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const MemoryDump = z
  .strictObject({
    ...MemoryState.shape,
    seq: Seq.describe('Sequence number of the VM at which this holds.'),
  })
  .meta({ id: 'MemoryDump', description: 'A part of guest-physical memory, and the memslots.' });

export const readMemory = operation({
  id: 'readMemory',
  takes: {
    params: z.strictObject({ vm: VmId }),
    querystring: z.strictObject({
      ...atMoment,
      gpa: PhysicalAddress.pipe(z.number().multipleOf(8))
        .prefault('0x0')
        .describe('A multiple of 8.'),
      bytes: Digits.pipe(z.number().min(8).max(BOUNDS.memoryBytesPerPage.value).multipleOf(8))
        .default(4096)
        .describe('A multiple of 8.'),
    }),
  },
  answer: MemoryDump,
  run: ({ fleet, moments }, { params, query: { at, ...range } }) =>
    moments.look(fleet.get(params.vm), at, ({ vm, seq }) => ({ ...memoryStateOf(vm, range), seq })),
});

/** `GET /v1/vms/:vm/memory`: guest memory, which includes page tables. */
export const memoryRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/memory',
    {
      schema: {
        operationId: readMemory.id,
        summary: 'Read guest-physical memory, and the memslots.',
        description: 'Words of eight bytes, from `gpa` on.',
        tags: ['dumps'],
        ...readMemory.takes,
        response: { 200: MemoryDump, ...refusals(...OF_MOMENT) },
      },
    },
    (request) => readMemory.run(host, request),
  );
};
