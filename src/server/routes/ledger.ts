import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ledgerStateOf } from '../../mmu/index.js';
import { LedgerState, PolicyName } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet.js';
import { Seq, VmId } from '../frames.js';
import { refusals } from '../problem.js';

const LedgerDump = z
  .strictObject({
    policy: PolicyName,
    ...LedgerState.shape,
    seq: Seq.describe('Sequence number of the VM at which this holds.'),
  })
  .meta({ id: 'LedgerDump', description: 'What flushes, syncs and frees were worth.' });

/** `GET /v1/vms/:vm/ledger`: which flushes, syncs and frees were necessary, and which wasted. */
export const ledgerRoutes: FastifyPluginAsyncZod<{ fleet: Fleet }> = async (app, { fleet }) => {
  app.get(
    '/v1/vms/:vm/ledger',
    {
      schema: {
        operationId: 'readLedger',
        summary: 'Read what flushes, syncs and frees of a VM turned out to be worth.',
        tags: ['dumps'],
        params: z.strictObject({ vm: VmId }),
        response: { 200: LedgerDump, ...refusals('vm-not-found') },
      },
    },
    ({ params }) => {
      const { vm, ring } = fleet.get(params.vm);
      return { policy: vm.config.policy, ...ledgerStateOf(vm), seq: ring.head };
    },
  );
};
