import { z } from 'zod';
import { ledgerStateOf } from '../../mmu/index.js';
import { LedgerState, PolicyName } from '../../mmu/schema/index.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { Seq, VmId } from '../wire/frames.js';
import { refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const LedgerDump = z
  .strictObject({
    policy: PolicyName,
    ...LedgerState.shape,
    seq: Seq.describe('Sequence number of the VM at which this holds.'),
  })
  .meta({ id: 'LedgerDump', description: 'What flushes, syncs and frees were worth.' });

export const getLedger = operation({
  id: 'getLedger',
  takes: { params: z.strictObject({ vm: VmId }) },
  answer: LedgerDump,
  run({ fleet }, { params }) {
    const { vm, ring } = fleet.get(params.vm);
    return { policy: vm.config.policy, ...ledgerStateOf(vm), seq: ring.head };
  },
});

/** `GET /v1/vms/:vm/ledger`: which flushes, syncs and frees were necessary, and which wasted. */
export const ledgerRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/ledger',
    {
      schema: {
        operationId: getLedger.id,
        summary: 'Read what flushes, syncs and frees of a VM turned out to be worth.',
        tags: ['dumps'],
        ...getLedger.takes,
        response: { 200: LedgerDump, ...refusals('vm-not-found') },
      },
    },
    (request) => getLedger.run(host, request),
  );
};
