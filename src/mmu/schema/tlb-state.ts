import { z } from 'zod';
import { Hex64, PhysicalAddress } from './hex.js';
import { Rights } from './rights.js';

const count = z.number().int().min(0);

const TlbEntryState = z
  .strictObject({
    address: Hex64.describe(
      'Address of the page: linear, or guest-physical by the kind of the context.',
    ),
    gpa: PhysicalAddress.describe('Guest-physical address of L1 that it leads to.'),
    rights: Rights,
  })
  .meta({ id: 'TlbEntryState', description: 'A cached translation of one page of 4 KiB.' });

/** Cached translations that share a tag. */
export const TlbContextState = z
  .strictObject({
    kind: z
      .enum(['linear', 'combined', 'guest-physical'])
      .describe('Made without EPT, through an EPT from a linear address, or by an EPT alone.'),
    vpid: z.number().int().min(0).max(65535).nullable().describe('Null for guest-physical.'),
    pcid: z
      .number()
      .int()
      .min(0)
      .max(4095)
      .nullable()
      .describe('Null for guest-physical, and for global pages.'),
    global: z.boolean().describe('Its entries serve every PCID of the VPID.'),
    root: PhysicalAddress.nullable().describe('The EPT root, its EP4TA; null for linear.'),
    size: count.describe('Entries of the context, here or not.'),
    entries: z.array(TlbEntryState).describe('The oldest first.'),
  })
  .meta({ id: 'TlbContextState', description: 'Cached translations that share a tag.' });

export type TlbContextState = Readonly<z.output<typeof TlbContextState>>;

/** The TLB entries of a vCPU: all of them, or a part. */
export const TlbState = z
  .strictObject({
    contexts: z.array(TlbContextState),
    size: count.describe('Entries of all contexts.'),
    capacity: count
      .nullable()
      .describe('Entries that it can hold: null if nothing is dropped unasked, 0 if it is off.'),
  })
  .meta({ id: 'TlbState', description: 'What the TLB holds for a vCPU.' });

export type TlbState = Readonly<z.output<typeof TlbState>>;
