import { z } from 'zod';
import { Hex32, Hex64, PhysicalAddress } from './hex.js';
import { PageRun } from './memory.js';

const Ok = z
  .strictObject({
    kind: z.literal('ok'),
    value: Hex64.optional().describe('The value that the instruction read, if it reads.'),
    dirty: z.array(PageRun).optional().describe('The dirty pages, of `get-dirty-log`.'),
  })
  .meta({
    id: 'Outcome.ok',
    description: 'The command was carried out. For a VMX instruction: VMsucceed.',
  });

const Fault = z
  .strictObject({
    kind: z.literal('fault'),
    vector: z.enum(['#UD', '#GP', '#SS', '#PF']),
    errorCode: z.number().int().min(0).nullable(),
    address: Hex64.optional().describe('CR2, for #PF.'),
  })
  .meta({ id: 'Outcome.fault', description: 'The guest took an exception instead.' });

const VmFail = z
  .strictObject({
    kind: z.literal('vm-fail'),
    error: z.number().int().min(0).nullable().describe('Null: VMfailInvalid, no current VMCS.'),
  })
  .meta({
    id: 'Outcome.vm-fail',
    description: 'The VMX instruction failed, and says so in flags.',
  });

const VmExit = z
  .strictObject({
    kind: z.literal('vm-exit'),
    reason: z
      .number()
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .describe('Bit 31: the VM entry failed.'),
    qualification: Hex64,
    gpa: PhysicalAddress.optional().describe('Guest-physical address, where an EPT faulted.'),
    interruption: Hex32.optional().describe('Interruption information, where L1 gets a fault.'),
  })
  .meta({ id: 'Outcome.vm-exit', description: 'L2 left to L1, which asked to see this.' });

const Mmio = z
  .strictObject({
    kind: z.literal('mmio'),
    gpa: PhysicalAddress.describe('Address in no memslot, or written in a read-only one.'),
  })
  .meta({ id: 'Outcome.mmio', description: 'KVM_EXIT_MMIO: the VMM would emulate a device.' });

const KernelError = z
  .strictObject({
    kind: z.literal('error'),
    errno: z.enum(['EINVAL', 'EEXIST', 'ENOENT', 'EFAULT', 'EINTR']),
  })
  .meta({
    id: 'Outcome.error',
    description:
      'The ioctl failed and changed nothing. Of KVM_RUN: EFAULT, it cannot go on; EINTR, it would go on for ever.',
  });

const Shutdown = z
  .strictObject({ kind: z.literal('shutdown') })
  .meta({ id: 'Outcome.shutdown', description: 'Triple fault: KVM_EXIT_SHUTDOWN to the VMM.' });

/** The end of a command. The guest's own fault is an outcome, not an error. */
export const Outcome = z
  .discriminatedUnion('kind', [Ok, Fault, VmFail, VmExit, Mmio, KernelError, Shutdown])
  .meta({ id: 'Outcome', description: 'The end of a command.' });

export type Outcome = Readonly<z.output<typeof Outcome>>;
