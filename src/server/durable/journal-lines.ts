import { z } from 'zod';
import { PACKED_VERSION } from '../../journal/index.js';
import { LOG_KINDS, type LogKind } from '../../journal/log/index.js';
import { RULES_VERSION } from '../../mmu/index.js';
import { VERSION } from '../wire/version.js';

const count = z.number().int().min(0);
const kinds = Object.keys(LOG_KINDS) as [LogKind, ...LogKind[]];
const vm = z.string().min(1);

/** Plain data of a record or a checkpoint, and the bytes behind it in base64. */
const body = { facts: z.unknown(), bytes: z.base64() };

/** The note that a list shows of a VM; null if it was lost. */
const Note = z.looseObject({ number: count });

/** A line of a file that `mmulab journal export` writes: JSON, and what it is in `line`. */
export const JournalLine = z.discriminatedUnion('line', [
  z.strictObject({
    line: z.literal('journal'),
    format: z.literal('mmulab-journal'),
    formatVersion: z.literal(1),
    mmulab: z.string(),
    rules: count,
    packing: count,
    /** Scope: one VM, or everything. */
    of: z.enum(['all', 'vm']),
  }),
  // The records, checkpoints and values of a VM follow its own line.
  z.strictObject({ line: z.literal('vm'), vm, position: count, note: Note.nullable() }),
  z.strictObject({
    line: z.literal('record'),
    position: count.min(1),
    kind: z.enum(kinds),
    seq: count,
    identity: z.string().max(255),
    rules: count,
    packing: count,
    ...body,
  }),
  z.strictObject({ line: z.literal('checkpoint'), position: count.min(1), ...body }),
  z.strictObject({
    line: z.literal('value'),
    room: z.string(),
    key: z.string(),
    value: z.base64(),
  }),
  z.strictObject({ line: z.literal('end'), lines: count, sha256: z.string() }),
]);
export type JournalLine = z.output<typeof JournalLine>;
export type LineOf<Name extends JournalLine['line']> = Extract<JournalLine, { line: Name }>;

/** The first line of a file. */
export function firstLine(of: 'all' | 'vm'): LineOf<'journal'> {
  const [format, formatVersion] = ['mmulab-journal', 1] as const;
  const versions = { mmulab: VERSION, rules: RULES_VERSION, packing: PACKED_VERSION };
  return { line: 'journal', format, formatVersion, ...versions, of };
}

export function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** The inverse of {@link base64Of}. */
export function bytesFrom(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
