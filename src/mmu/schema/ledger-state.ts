import { z } from 'zod';
import { VcpuIndex } from './command-fields.js';
import { CommandKind } from './commands.js';

const count = z.number().int().min(0);

const LedgerTally = z
  .strictObject({
    necessary: count.describe('What it did away with was not right any more.'),
    harmless: count.describe('What it did away with was not needed again, or it did nothing.'),
    wasted: count.describe('What it did away with was right, and was built again.'),
  })
  .meta({ id: 'LedgerTally', description: 'What deeds of one kind turned out to be worth.' });

const deeds = {
  flush: LedgerTally.describe('Flushes of a TLB by KVM.'),
  sync: LedgerTally.describe('Syncs of a current root.'),
  free: LedgerTally.describe('Roots that were freed.'),
};

/** What KVM's flushes, syncs and frees were worth, as far as it has shown. */
export const LedgerState = z
  .strictObject({
    total: z.strictObject(deeds),
    vcpus: z.array(
      z.strictObject({
        vcpu: VcpuIndex,
        commands: z
          .array(z.strictObject({ command: CommandKind, ...deeds }))
          .describe('By the command that asked for it, whenever it was carried out.'),
      }),
    ),
  })
  .meta({
    id: 'LedgerState',
    description: 'What flushes, syncs and frees were worth, since the VM was given its state.',
  });

export type LedgerState = Readonly<z.output<typeof LedgerState>>;
