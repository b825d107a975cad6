import { z } from 'zod';
import { Hex32, PhysicalAddress } from './hex.js';
import { Rights } from './rights.js';

/** Parents that a page names; more of them are only counted. */
export const PARENTS_SHOWN_MAX = 64;

const count = z.number().int().min(0);

/** Index of an entry in a shadow page. */
const SpteIndex = z.number().int().min(0).max(511).meta({
  id: 'SpteIndex',
  description: 'Index of an entry in its page.',
});

const ParentEntry = z
  .strictObject({ hpa: PhysicalAddress, index: SpteIndex })
  .meta({ id: 'ParentEntry', description: 'An entry that links a shadow page.' });

/** A shadow page without its entries. */
export const ShadowPageState = z
  .strictObject({
    hpa: PhysicalAddress,
    gfn: z
      .number()
      .int()
      .min(0)
      .describe('Guest frame of the table that it shadows, or the first that a direct page maps.'),
    level: z.number().int().min(1).max(5),
    role: Hex32.describe('The role as a whole; its parts follow.'),
    direct: z
      .boolean()
      .describe('The page maps guest frames as they are: there is no guest table.'),
    access: Rights.describe('Rights by the tables above it.'),
    guestMode: z.boolean().describe('The page belongs to L2.'),
    invalid: z.boolean().describe('The page was zapped, and lives on as long as a root holds it.'),
    quadrant: z
      .number()
      .int()
      .min(0)
      .max(3)
      .nullable()
      .describe(
        'Part of a table of 4-byte entries that it shadows; null for a table of 8-byte ones.',
      ),
    obsolete: z
      .boolean()
      .describe('The page is no longer used: it was zapped, or is older than the last zap of all.'),
    rootCount: count.describe('Root slots that hold it.'),
    unsync: z.boolean().describe('Out of step with its table, which the guest may write.'),
    unsyncChildren: count.describe('Entries below which something is, or was, unsync.'),
    parentCount: count.describe('Entries that link it.'),
    parents: z.array(ParentEntry).describe(`The first ${PARENTS_SHOWN_MAX} of them.`),
  })
  .meta({ id: 'ShadowPageState', description: 'A shadow page: `struct kvm_mmu_page`.' });

export type ShadowPageState = Readonly<z.output<typeof ShadowPageState>>;

/** An entry of a shadow page that is not empty. */
export const SpteState = z
  .strictObject({
    index: SpteIndex,
    child: PhysicalAddress.nullable().describe('The shadow page that it links; null for a leaf.'),
    gfn: count.nullable().describe('The guest frame that a leaf leads to; null for a link.'),
    rights: Rights,
    accessed: z.boolean(),
    dirty: z.boolean(),
    mmio: z.boolean().describe('There is no memory behind it: an access faults to KVM.'),
    accessTracked: z
      .boolean()
      .describe('Hidden from the processor until its use, which a fault then shows.'),
  })
  .meta({ id: 'SpteState', description: 'A shadow page-table entry (SPTE) that is not empty.' });

export type SpteState = Readonly<z.output<typeof SpteState>>;
