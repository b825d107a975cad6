import { z } from 'zod';
import { Unreadable } from '../reading.js';
import type { EptName, Pcid } from './layout.js';
import type { Position } from './travel.js';

/** What a case says the processor has cached: `cur` is what runs, or what the operand names. */
const CachedEntry = z.strictObject({
  kind: z.enum(['linear', 'combined', 'guest-physical']),
  vpid: z.enum(['cur', 'other', 'zero']),
  pcid: z.enum(['cur', 'other']),
  ep4ta: z.enum(['cur', 'other']),
  glob: z.union([z.literal(0), z.literal(1)]),
  page: z.enum(['same', 'other']),
  psc: z.union([z.literal(0), z.literal(1)]),
});

export type CachedEntry = Readonly<z.output<typeof CachedEntry>>;

/** @throws {Unreadable} If it is not described in full. */
export function cachedEntryOf(value: unknown): CachedEntry {
  const read = CachedEntry.safeParse(value);
  if (read.success) return read.data;
  throw new Unreadable(`cached entry ${JSON.stringify(value)}`);
}

/**
 * Where the entry is made: where a use of it could be made again. A linear one under VPID 0 is
 * L1's own.
 *
 * @param vpid What `cur` means: 0 where L1 is alone, else the VPID of L2.
 */
export function positionOf(
  { kind, vpid: whose, pcid: which, ep4ta }: CachedEntry,
  vpid: 0 | 1,
): Position {
  const pcid: Pcid = which === 'cur' ? 0 : 1;
  const own = whose === 'cur' ? vpid : whose === 'other' ? 2 : 0;
  const chosen: EptName = ep4ta === 'cur' ? 1 : 2;
  const ept: EptName = kind === 'linear' ? 0 : chosen;
  const guest = kind === 'linear' && own === 0 ? 'l1' : 'l2';
  return { guest, vpid: own, ept, pcid };
}
