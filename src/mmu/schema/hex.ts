import { z } from 'zod';
import { HEX64, hex, type Word, wordFromHex, wordToHex, wordToNumber } from '../machine/index.js';

const plainTexts = new WeakSet<object>();

/** Whether a schema's encoded strings consist of characters that JSON never escapes. */
export function isPlainText(schema: object): boolean {
  return plainTexts.has(schema);
}

/** Any 64-bit value: a register, a page-table entry, a linear address, a pgd. */
export const Hex64 = hexCodec<Word>({
  id: 'Hex64',
  description: 'A 64-bit value in lower-case hex, without leading zeros.',
  pattern: HEX64,
  decode: wordFromHex,
  encode: wordToHex,
});

/** At most 13 digits, that is 52 bits: the widest physical address. */
export const PhysicalAddress = hexCodec<number>({
  id: 'PhysicalAddress',
  description: 'A physical address below 2^52, in lower-case hex.',
  pattern: /^0x(?:0|[1-9a-f][0-9a-f]{0,12})$/,
  decode: numberFromHex,
  encode: hex,
});

/** A flag word or a 32-bit operand. */
export const Hex32 = hexCodec<number>({
  id: 'Hex32',
  description: 'A 32-bit value in lower-case hex, without leading zeros.',
  pattern: /^0x(?:0|[1-9a-f][0-9a-f]{0,7})$/,
  decode: numberFromHex,
  encode: hex,
});

/**
 * A 64-bit operand that is usually a small number: the type of an invalidation, a PCID, a VPID.
 * A JSON integer or, where it would not fit one exactly, hex.
 */
export const Operand64 = z
  .codec(
    z.union([z.number().int().min(0).max(Number.MAX_SAFE_INTEGER), z.string().regex(HEX64)]),
    z.custom<Word>(),
    {
      decode: (value) => wordFromHex(typeof value === 'string' ? value : hex(value)),
      encode: (word) => (word.page < 2 ** 41 ? wordToNumber(word) : wordToHex(word)),
    },
  )
  .meta({ id: 'Operand64', description: 'A 64-bit operand: an integer, or lower-case hex.' });

interface HexForm<T> {
  readonly id: string;
  readonly description: string;
  readonly pattern: RegExp;
  readonly decode: (text: string) => T;
  readonly encode: (value: T) => string;
}

/** A codec between hex on the wire and what the machine computes with. */
function hexCodec<T>({ id, description, pattern, decode, encode }: HexForm<T>) {
  const codec = z
    .codec(z.string().regex(pattern), z.custom<T>(), { decode, encode })
    .meta({ id, description });
  plainTexts.add(codec);
  return codec;
}

function numberFromHex(text: string): number {
  return Number.parseInt(text.slice(2), 16);
}
