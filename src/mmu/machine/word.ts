import { offsetInPage, PAGE_SHIFT, PAGE_SIZE } from './page.js';
import { powerOf2, remainder } from './powers.js';

/**
 * A 64-bit value as two exact numbers, split where paging splits it.
 *
 * A JavaScript number cannot hold 64 bits and `bigint` is slow; a register, a page-table entry and
 * an address all divide naturally into what names a page and what lies within it.
 */
export interface Word {
  /** Bits 63:12: an integer from 0 to 2^52 - 1. */
  readonly page: number;
  /** Bits 11:0: an integer from 0 to 4095. */
  readonly low: number;
}

export const ZERO: Word = { page: 0, low: 0 };

const WORD_BITS = 64;
const PAGE_DIGITS = 3;

/** @param text `0x` and hex digits, in either case and with leading zeros or without; or only zeros. */
export function wordFromHex(text: string): Word {
  const split = text.length - PAGE_DIGITS;
  if (split <= 2) return { page: 0, low: numberFromHex(text) };
  return {
    page: Number.parseInt(text.slice(2, split), 16),
    low: Number.parseInt(text.slice(split), 16),
  };
}

/** @param text As for {@link wordFromHex}, of a number below 2^53. */
export function numberFromHex(text: string): number {
  return Number.parseInt(text.slice(2) || '0', 16);
}

/** A number on the wire, in lower-case hex. @param value An integer from 0 to 2^53 - 1. */
export function hex(value: number): string {
  return `0x${hexDigitsOf(value)}`;
}

/** The inverse of {@link wordFromHex}. */
export function wordToHex({ page, low }: Word): string {
  if (page === 0) return hex(low);
  return `0x${hexDigitsOf(page)}${LOW_DIGITS[low]}`;
}

/**
 * Hex digits of an integer from 0 to 2^53 - 1, three at a time: an engine's own conversion of what
 * does not fit 31 bits is several times as slow.
 */
function hexDigitsOf(value: number): string {
  if (value < PAGE_SIZE) return value.toString(16);
  const low = value % PAGE_SIZE;
  return hexDigitsOf((value - low) / PAGE_SIZE) + LOW_DIGITS[low];
}

const LOW_DIGITS = Array.from({ length: PAGE_SIZE }, (_, low) =>
  low.toString(16).padStart(PAGE_DIGITS, '0'),
);

/** @param value An integer from 0 to 2^53 - 1. */
export function wordFromNumber(value: number): Word {
  const low = offsetInPage(value);
  return { page: (value - low) / PAGE_SIZE, low };
}

/** @returns The value as a number: exact below 2^53, rounded above. */
export function wordToNumber({ page, low }: Word): number {
  return page * PAGE_SIZE + low;
}

/** The value with these bits set, and no others. @param bits Each from 0 to 63, once. */
export function wordFromBits(bits: readonly number[]): Word {
  let page = 0;
  let low = 0;
  for (const bit of bits) {
    if (bit < PAGE_SHIFT) low |= 1 << bit;
    else page += powerOf2(bit - PAGE_SHIFT);
  }
  return { page, low };
}

export function isSameWord(a: Word, b: Word): boolean {
  return a.page === b.page && a.low === b.low;
}

/** Frames that bits 51:12 can name. */
const FRAMES = 2 ** 40;

const HALF_BITS = 32;
const HALF = 2 ** HALF_BITS;

/**
 * @param bit From 0 to 63.
 *
 * A shift sees the low 32 bits of an exact number, whatever lies above them; a division or a
 * remainder of such a number would cost several times as much.
 */
export function hasBit({ page, low }: Word, bit: number): boolean {
  if (bit < PAGE_SHIFT) return ((low >> bit) & 1) === 1;
  const place = bit - PAGE_SHIFT;
  if (place < HALF_BITS) return ((page >>> place) & 1) === 1;
  return (((page / HALF) >>> (place - HALF_BITS)) & 1) === 1;
}

/** The value with one bit cleared; itself if the bit is clear already. */
export function withoutBit(word: Word, bit: number): Word {
  if (!hasBit(word, bit)) return word;
  if (bit < PAGE_SHIFT) return { page: word.page, low: word.low & ~(1 << bit) };
  return { page: word.page - powerOf2(bit - PAGE_SHIFT), low: word.low };
}

/**
 * The bits `high` to `low`, both included, as a number, moved down to bit 0.
 *
 * @param high From `low` to 63; at most 53 bits may be asked for.
 */
export function bitsOf({ page, low }: Word, range: { high: number; low: number }): number {
  const width = range.high - range.low + 1;
  if (range.high < PAGE_SHIFT) return (low >> range.low) & (powerOf2(width) - 1);
  if (range.low >= PAGE_SHIFT) {
    const above = Math.floor(page / powerOf2(range.low - PAGE_SHIFT));
    if (range.high === WORD_BITS - 1) return above;
    return width < HALF_BITS ? above & (powerOf2(width) - 1) : remainder(above, powerOf2(width));
  }
  const bits = range.high + 1 - PAGE_SHIFT;
  const above = bits < HALF_BITS ? page & (powerOf2(bits) - 1) : remainder(page, powerOf2(bits));
  return above * powerOf2(PAGE_SHIFT - range.low) + (low >> range.low);
}

/** Frame of the address in bits 51:12, whatever lies above it. */
export function addressFrameOf({ page }: Word): number {
  return remainder(page, FRAMES);
}

/** Bits 31:0: the flags of a control register, the value of a 32-bit operand. */
export function flagsIn(word: Word): number {
  return bitsOf(word, { high: 31, low: 0 });
}

/** Whether a word is {@link flagsIn} it and nothing more: bits 63:32 are clear. */
export function isFlagWord(word: Word): boolean {
  return bitsOf(word, { high: 63, low: 32 }) === 0;
}

/**
 * Whether a linear address is canonical: bits 63 down to `width - 1` are all alike.
 *
 * @param width Bits of a linear address: 48 or 57.
 * @see Intel SDM Vol. 1, "Canonical Addressing"
 */
export function isCanonical(address: Word, width: number): boolean {
  const sign = bitsOf(address, { high: WORD_BITS - 1, low: width - 1 });
  return sign === 0 || sign === powerOf2(WORD_BITS - width + 1) - 1;
}

/**
 * The bytes `from` to `from + count - 1` of a value, moved down to byte 0.
 *
 * @param count From 1 to 8.
 */
export function splitBytes({ page, low }: Word, from: number, count: number): Word {
  let rest = { page, low };
  for (let i = 0; i < from; i += 1) {
    rest = {
      page: Math.floor(rest.page / 256),
      low: (rest.low >> 8) | ((rest.page % 256) << 4),
    };
  }
  if (count === 8) return rest;
  if (count === 1) return { page: 0, low: rest.low & 0xff };
  return { page: rest.page % 2 ** (8 * count - PAGE_SHIFT), low: rest.low };
}

/** A value with `bytes` put in from byte `from` on, where it is still zero. */
export function joinBytes(value: Word, bytes: Word, from: number): Word {
  let { page, low } = bytes;
  for (let i = 0; i < from; i += 1) {
    page = (page * 256 + (low >> 4)) % 2 ** 52;
    low = (low << 8) & 0xfff;
  }
  return { page: value.page + page, low: value.low | low };
}
