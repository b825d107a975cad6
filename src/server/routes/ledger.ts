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
  .meta({ id: 'LedgerDump', description: 'Worth of flushes, syncs and frees.' });

export const getLedger = operation({
  id: 'getLedger',
  takes: { params: z.strictObject({ vm: VmId }) },
  answer: LedgerDump,
  run({ fleet }, { params }) {
    const { vm, ring } = fleet.get(params.vm);
    return { policy: vm.config.policy, ...ledgerStateOf(vm), seq: ring.head };
  },
});

/** `GET /v1/vms/:vm/ledger`: necessary and wasted flushes, syncs and frees. */
export const ledgerRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/ledger',
    {
      schema: {
        operationId: getLedger.id,
        summary: 'Read the worth of flushes, syncs and frees of a VM.',
        description:
          'Each is necessary, harmless or wasted, and charged to the command that asked for it.',
        tags: ['dumps'],
        ...getLedger.takes,
        response: { 200: LedgerDump, ...refusals('vm-not-found') },
      },
    },
    (request) => getLedger.run(host, request),
  );
};
