import { z } from 'zod';
import type { CachedEntry } from '../../attempt/cell.js';
import { Unreadable } from '../../attempt/unreadable.js';

const CachedEntryFacts = z.strictObject({
  kind: z.enum(['linear', 'combined', 'guest-physical']),
  vpid: z.enum(['cur', 'other', 'zero']),
  pcid: z.enum(['cur', 'other']),
  ep4ta: z.enum(['cur', 'other']),
  glob: z.union([z.literal(0), z.literal(1)]),
  page: z.enum(['same', 'other']),
  psc: z.union([z.literal(0), z.literal(1)]),
});

/** @throws {Unreadable} If it is not described in full. */
export function cachedEntryOf(value: unknown): CachedEntry {
  const read = CachedEntryFacts.safeParse(value);
  if (read.success) return read.data;
  throw new Unreadable(`cached entry ${JSON.stringify(value)}`);
}
