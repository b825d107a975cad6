import { z } from 'zod';
import { Hex64, PhysicalAddress } from './hex.js';
import { Rights } from './rights.js';

const level = z.number().int().min(1).max(5);

const WalkedEntry = z
  .strictObject({
    level,
    gpa: PhysicalAddress.nullable().describe('Address of the entry; null for a PDPTE register.'),
    entry: Hex64,
    rights: Rights.nullable().describe('Rights of the entry by itself; null if it is not present.'),
    accessed: z.boolean(),
    dirty: z.boolean(),
  })
  .meta({ id: 'WalkedEntry', description: "An entry of the guest's own tables, as it stands." });

const WalkMapped = z
  .strictObject({
    kind: z.literal('mapped'),
    gpa: PhysicalAddress,
    level: level.describe('Level of the entry that maps the page: above 1 for a large page.'),
    rights: Rights.describe('Rights of all entries together.'),
    global: z.boolean(),
    memslot: z
      .boolean()
      .nullable()
      .describe('True if a memslot holds it; null for an address of L2.'),
  })
  .meta({ id: 'WalkResult.mapped', description: 'A read goes through.' });

const WalkPageFault = z
  .strictObject({ kind: z.literal('page-fault'), errorCode: z.number().int().min(0) })
  .meta({ id: 'WalkResult.page-fault', description: 'A read by the supervisor takes #PF.' });

const WalkNotCanonical = z
  .strictObject({ kind: z.literal('not-canonical') })
  .meta({ id: 'WalkResult.not-canonical', description: 'Any access takes #GP.' });

const WalkMmio = z.strictObject({ kind: z.literal('mmio'), gpa: PhysicalAddress }).meta({
  id: 'WalkResult.mmio',
  description: 'The processor would read a table where no memslot is: KVM_EXIT_MMIO.',
});

const WalkEptViolation = z
  .strictObject({
    kind: z.literal('ept-violation'),
    gpa: PhysicalAddress.describe('Guest-physical address of L2 that cannot be read.'),
    qualification: Hex64,
  })
  .meta({
    id: 'WalkResult.ept-violation',
    description: 'L2 leaves to L1: an EPT violation, or a nested page fault with EXITINFO1.',
  });

const WalkEptMisconfiguration = z
  .strictObject({ kind: z.literal('ept-misconfiguration'), gpa: PhysicalAddress })
  .meta({
    id: 'WalkResult.ept-misconfiguration',
    description: 'L2 leaves to L1: an EPT entry is not well formed.',
  });

/** A walk of the guest's own tables that touches nothing. */
export const WalkState = z
  .strictObject({
    tables: z
      .enum(['none', '32-bit', 'PAE', '4-level', '5-level', 'ept'])
      .describe('The paging mode of the guest, or an EPT of L1.'),
    root: Hex64.describe('CR3 or the EPT pointer.'),
    address: Hex64,
    entries: z.array(WalkedEntry).describe('From the top, as far as the processor would read.'),
    result: z
      .discriminatedUnion('kind', [
        WalkMapped,
        WalkPageFault,
        WalkNotCanonical,
        WalkMmio,
        WalkEptViolation,
        WalkEptMisconfiguration,
      ])
      .meta({ id: 'WalkResult', description: 'The end of a read by the supervisor.' }),
  })
  .meta({ id: 'WalkState', description: "A walk of the guest's own tables that touches nothing." });

export type WalkState = Readonly<z.output<typeof WalkState>>;
