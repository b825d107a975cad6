import { z } from 'zod';
import { Hex64, PhysicalAddress } from './hex.js';
import { Memslot, MemslotId } from './memory.js';

const MemslotState = z
  .strictObject({
    slot: MemslotId,
    gpa: Memslot.shape.gpa,
    bytes: Memslot.shape.bytes,
    userspaceAddr: PhysicalAddress,
    readonly: z.boolean(),
    dirtyLog: z.boolean(),
  })
  .meta({ id: 'MemslotState', description: 'A memslot as it stands.' });

/** A part of guest-physical memory. */
export const MemoryState = z
  .strictObject({
    words: z.array(Hex64.nullable()).describe('Eight bytes each; null where no memslot is.'),
    gpa: PhysicalAddress.describe('Address of the first word.'),
    memslots: z.array(MemslotState),
  })
  .meta({ id: 'MemoryState', description: 'A part of guest-physical memory.' });

export type MemoryState = Readonly<z.output<typeof MemoryState>>;
