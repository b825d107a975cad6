import { z } from 'zod';
import { nearestRelease } from '../../mmu/index.js';
import { RECORDING_FORMAT } from './kind.js';

const Hex = z.string().regex(/^0x[0-9a-f]+$/);
const Count = z.number().int().min(0);
const MmuName = z.enum(['root', 'guest']);

/** The roots of an MMU after an operation: pgds, or null for an empty slot. */
const Roots = z.strictObject({ root: Hex.nullable(), prevRoots: z.array(Hex.nullable()) });
export type Roots = z.output<typeof Roots>;

const Switch = z.strictObject({ mmu: MmuName, pgd: Hex, found: z.string() });
const Evicted = z.strictObject({ mmu: MmuName, pgd: Hex });
const Freed = z.strictObject({ mmu: MmuName, slots: z.array(z.string()), pgds: z.array(Hex) });

const Load = z.strictObject({ gfn: Hex, level: Count, page: z.enum(['new', 'existing']) });
const Zapped = z.strictObject({ gfn: Hex, level: Count, rootCount: Count });
const PageFault = z.strictObject({ address: Hex, errorCode: Hex });

/**
 * An operation of a recorded guest or its host, with the work of the kernel during it. A key that
 * is null or absent was not observed. `exits` and `info` are for people who read the file: exits
 * are no business of the MMU, and the address of an exit is part of its result.
 */
const RecordedOperation = z.strictObject({
  n: Count,
  op: z.string(),
  args: z.array(Hex),
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
  faults: z.array(PageFault).nullish(),
  rootMmu: Roots.nullish(),
  guestMmu: Roots.nullish(),
  exits: z.array(z.string()).nullish(),
  info: Hex.nullish(),
});
export type RecordedOperation = z.output<typeof RecordedOperation>;

const Machine = z.strictObject({
  vendor: z.enum(['vmx', 'svm']),
  paging: z.enum(['shadow', 'ept']),
  nested: z.boolean().default(false),
  flushOnReuse: z.boolean().default(false),
  prevRoots: Count.default(3),
  vcpus: Count.default(1),
});

/** A release of Linux, `6.1.192`, as the nearest one whose rules the model has. */
const Kernel = z.string().transform((release, { issues }) => {
  const known = nearestRelease(release);
  if (known !== undefined) return known;
  issues.push({ code: 'custom', input: release, message: `no rules for kernel ${release}` });
  return z.NEVER;
});

/** `count` words from `gpa`, `stride` bytes apart: `first`, `first + step` and so on. */
const Fill = z.strictObject({ gpa: Hex, count: Count, stride: Count, first: Hex, step: Hex });

/** Registers and memory before the first operation. */
const Beginning = z.strictObject({
  cr0: Hex,
  cr3: Hex,
  cr4: Hex,
  efer: Hex,
  memory: z.array(z.strictObject({ gpa: Hex, value: Hex })).default([]),
  fills: z.array(Fill).default([]),
});

/** A recording of a real kernel, operation by operation: these keys, and no others. */
export const Recording = z.strictObject({
  format: z.literal(RECORDING_FORMAT),
  name: z.string(),
  title: z.string().optional(),
  kernel: Kernel,
  machine: Machine,
  initial: Beginning,
  operations: z.array(RecordedOperation).min(1, 'no operation'),
});
export type Recording = z.output<typeof Recording>;
