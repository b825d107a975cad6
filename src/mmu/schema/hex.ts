import { z } from 'zod';
import {
  hex,
  numberFromHex,
  type Word,
  wordFromHex,
  wordToHex,
  wordToNumber,
} from '../machine/index.js';
import { objection, textLike } from './text.js';

const plainTexts = new WeakSet<object>();

/** Whether a schema's encoded strings consist of characters that JSON never escapes. */
export function isPlainText(schema: object): boolean {
  return plainTexts.has(schema);
}

/**
 * Hex of at most so many digits, as tools print it: in either case, with leading zeros or without.
 * A zero may lack the `0x`, which C's `%#018lx` leaves out there. Answers have one form: lower case
 * and no leading zeros.
 */
export function hexOf(digits: number): RegExp {
  return new RegExp(`^(?:0[xX]0{0,16}[0-9a-fA-F]{1,${digits}}|0{1,18})$`);
}

/** Any 64-bit value: a register, a page-table entry, a linear address, a pgd. */
export const Hex64 = hexCodec<Word>({
  id: 'Hex64',
  description: 'A 64-bit value in hex; in answers lower case, without leading zeros.',
  digits: 16,
  words: 'not a 64-bit value in hex, such as "0x1000"',
  decode: wordFromHex,
  encode: wordToHex,
});

/** 52 bits: the widest physical address. */
export const PhysicalAddress = hexCodec<number>({
  id: 'PhysicalAddress',
  description: 'A physical address below 2^52, in hex.',
  digits: 13,
  words: 'not a physical address below 2^52 in hex, such as "0x1000"',
  decode: numberFromHex,
  encode: hex,
});

/** A flag word or a 32-bit operand. */
export const Hex32 = hexCodec<number>({
  id: 'Hex32',
  description: 'A 32-bit value in hex.',
  digits: 8,
  words: 'not a 32-bit value in hex, such as "0x1000"',
  decode: numberFromHex,
  encode: hex,
});

const NO_OPERAND = 'neither an integer from 0 nor a 64-bit value in hex, such as "0x1000"';

/**
 * A 64-bit operand that is usually a small number: the type of an invalidation, a PCID, a VPID.
 * A JSON integer or, where it would not fit one exactly, hex.
 */
export const Operand64 = z
  .codec(
    z.union(
      [
        z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
        z.string().regex(hexOf(16), NO_OPERAND),
      ],
      { error: objection(NO_OPERAND) },
    ),
    z.custom<Word>(),
    {
      decode: (value) => wordFromHex(typeof value === 'string' ? value : hex(value)),
      encode: (word) => (word.page < 2 ** 41 ? wordToNumber(word) : wordToHex(word)),
    },
  )
  .meta({ id: 'Operand64', description: 'A 64-bit operand: an integer, or hex.' });

interface HexForm<T> {
  readonly id: string;
  readonly description: string;
  readonly digits: number;
  /** The objection to other text. */
  readonly words: string;
  readonly decode: (text: string) => T;
  readonly encode: (value: T) => string;
}

/** A codec between hex on the wire and what the machine computes with. */
function hexCodec<T>({ id, description, digits, words, decode, encode }: HexForm<T>) {
  const codec = z
    .codec(textLike(hexOf(digits), words), z.custom<T>(), { decode, encode })
    .meta({ id, description });
  plainTexts.add(codec);
  return codec;
}
