import { z } from 'zod';
import { Hex64, PhysicalAddress } from '../../mmu/schema/index.js';

const Hex = z.string().regex(/^0x[0-9a-f]+$/);
const MmuName = z.enum(['root', 'guest']);

/** The roots of an MMU after an operation: pgds, or null for an empty slot. */
const Roots = z.object({ root: Hex.nullable(), prevRoots: z.array(Hex.nullable()) });
export type Roots = z.output<typeof Roots>;

const Switch = z.object({ mmu: MmuName, pgd: Hex, found: z.string() });
const Evicted = z.object({ mmu: MmuName, pgd: Hex });
const Freed = z.object({ mmu: MmuName, slots: z.array(z.string()), pgds: z.array(Hex) });

const Load = z.object({ gfn: Hex, level: z.number().int(), page: z.enum(['new', 'existing']) });
const Zapped = z.object({ gfn: Hex, level: z.number().int(), rootCount: z.number().int() });
const Fault = z.object({ address: Hex, errorCode: Hex });

/** What the kernel did during one operation, as far as this version of the lab judges it. */
const Operation = z.looseObject({
  n: z.number().int(),
  op: z.string(),
  args: z.array(z.string()),
  result: Hex.nullish(),
  switches: z.array(Switch).nullish(),
  evicted: z.array(Evicted).nullish(),
  freed: z.array(Freed).nullish(),
  unsynced: z.array(Hex).nullish(),
  synced: z.array(Hex).nullish(),
  injected: z.array(z.string()).nullish(),
  loads: z.array(Load).nullish(),
  zapped: z.array(Zapped).nullish(),
  flushes: z.array(z.string()).nullish(),
  faults: z.array(Fault).nullish(),
  rootMmu: Roots.nullish(),
  guestMmu: Roots.nullish(),
});
export type Operation = z.output<typeof Operation>;

/** A recording of a real kernel, operation by operation. */
export const Recording = z.looseObject({
  format: z.literal('mmulab-recording-1'),
  name: z.string(),
  kernel: z.string(),
  machine: z.object({
    vendor: z.enum(['vmx', 'svm']),
    paging: z.enum(['shadow', 'ept']),
    nested: z.boolean().default(false),
    flushOnReuse: z.boolean().default(false),
    prevRoots: z.number().int().default(3),
    vcpus: z.number().int().default(1),
  }),
  initial: z.object({
    cr0: Hex64,
    cr3: Hex64,
    cr4: Hex64,
    efer: Hex64,
    memory: z.array(z.object({ gpa: PhysicalAddress, value: Hex64 })).default([]),
    fills: z
      .array(
        z.object({
          gpa: PhysicalAddress,
          count: z.number().int(),
          stride: z.number().int(),
          first: PhysicalAddress,
          step: PhysicalAddress,
        }),
      )
      .default([]),
  }),
  operations: z.array(Operation),
});
export type Recording = z.output<typeof Recording>;
