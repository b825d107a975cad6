import { z } from 'zod';
import { VcpuIndex } from './command-fields.js';
import { CommandKind } from './commands.js';

const count = z.number().int().min(0);

const LedgerTally = z
  .strictObject({
    necessary: count.describe('Deeds that removed something stale.'),
    harmless: count.describe('Deeds whose loss was not needed again, or that did nothing.'),
    wasted: count.describe('Deeds that removed something right, which was built again.'),
  })
  .meta({ id: 'LedgerTally', description: 'Worth of the deeds of one kind.' });

const deeds = {
  flush: LedgerTally.describe('Flushes of a TLB by KVM.'),
  sync: LedgerTally.describe('Syncs of a current root.'),
  free: LedgerTally.describe('Roots that were freed.'),
};

/** The worth of KVM's flushes, syncs and frees, as far as it has shown. */
export const LedgerState = z
  .strictObject({
    total: z.strictObject(deeds),
    vcpus: z.array(
      z.strictObject({
        vcpu: VcpuIndex,
        commands: z
          .array(z.strictObject({ command: CommandKind, ...deeds }))
          .describe('Deeds by the command that asked for them, whenever they were carried out.'),
      }),
    ),
  })
  .meta({
    id: 'LedgerState',
    description: 'Worth of flushes, syncs and frees since the VM was given its state.',
  });

export type LedgerState = Readonly<z.output<typeof LedgerState>>;
