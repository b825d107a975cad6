import { z } from 'zod';
import { Hex32, Hex64, PhysicalAddress } from './hex.js';
import { MmuName, Slot } from './names.js';
import { RequestName } from './request.js';

const bit = z.boolean();

/** A page role, field by field. @see Linux `union kvm_mmu_page_role` */
const RoleFields = z
  .strictObject({
    level: z.number().int().min(0).max(15),
    direct: bit,
    access: z.number().int().min(0).max(15).describe('`ACC_*` bits; a root has all.'),
    has4ByteGpte: bit,
    quadrant: z.number().int().min(0).max(3),
    invalid: bit.describe('The page was zapped.'),
    eferNx: bit,
    cr0Wp: bit,
    smepAndnotWp: bit,
    smapAndnotWp: bit,
    cr4Smep: bit,
    adDisabled: bit,
    guestMode: bit,
    smm: bit,
    passthrough: bit,
  })
  .meta({ id: 'RoleFields', description: 'A page role, field by field.' });
export type RoleFields = z.output<typeof RoleFields>;

const Mismatch = z.enum([
  'no-root',
  'no-shadow-page',
  'frame',
  'low-bits',
  ...Object.keys(RoleFields.shape),
] as [MismatchName, ...MismatchName[]]);
type MismatchName = 'no-root' | 'no-shadow-page' | 'frame' | 'low-bits' | keyof RoleFields;

const SlotLookup = z
  .strictObject({
    slot: Slot,
    root: z.strictObject({ pgd: Hex64, hpa: PhysicalAddress }).nullable().describe('Null: a hole.'),
    usable: z.boolean(),
    mismatches: z
      .array(Mismatch)
      .describe(
        'Mismatches: `frame` and `low-bits` (PCID, attributes) of the pgd, fields of the role.',
      ),
    role: RoleFields.nullable().describe('Role of its shadow page; null if it has none.'),
    obsolete: z
      .boolean()
      .describe('The next entry frees it: it is of a generation that has ended.'),
    owes: z
      .strictObject({ sync: z.boolean(), flush: z.boolean() })
      .describe('Dues that the policy has noted, to settle before the root is used again.'),
  })
  .meta({ id: 'SlotLookup', description: 'A slot of the root cache, as a lookup finds it.' });

/** The result that a lookup of a pgd in the root cache would have. */
export const LookupState = z
  .strictObject({
    mmu: MmuName,
    pgd: Hex64,
    role: Hex32.describe('The role that a root must have.'),
    roleFields: RoleFields,
    pgdMatters: z.boolean().describe('A direct MMU ignores the pgd.'),
    searched: z
      .boolean()
      .describe('To v5.17, tables of fewer than four levels are not looked for at all.'),
    found: Slot.nullable().describe('Slot of the root; null if the lookup misses.'),
    requests: z
      .array(RequestName)
      .describe(
        'Requests that a hit makes, in the order of service; a miss makes none: the load syncs.',
      ),
    evicted: z
      .strictObject({ slot: Slot, pgd: Hex64, hpa: PhysicalAddress })
      .nullable()
      .describe('The root that a miss would push out of the cache.'),
    freed: z
      .boolean()
      .describe('The current root cannot be cached: the lookup frees it before it searches.'),
    slots: z.array(SlotLookup),
    summary: z.string(),
  })
  .meta({ id: 'LookupState', description: 'A lookup in the root cache, explained slot by slot.' });

export type LookupState = Readonly<z.output<typeof LookupState>>;
