import type { Word } from '../../../mmu/index.js';

const ZERO = 48;
const NINE = 57;
const SMALL_A = 97;
const SMALL_F = 102;
const BIG_A = 65;
const BIG_F = 70;
const SMALL_X = 120;
const LETTER = 10;
/** Hex digits of an offset in a page. */
const LOW_DIGITS = 3;

/** Value of a hex digit; -1 if it is none. */
export function digitOf(code: number): number {
  if (code >= ZERO && code <= NINE) return code - ZERO;
  if (code >= SMALL_A && code <= SMALL_F) return code - SMALL_A + LETTER;
  if (code >= BIG_A && code <= BIG_F) return code - BIG_A + LETTER;
  return -1;
}

export function isDecimal(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** A 64-bit value in hex, with `0x` or without, that begins at `from`; null if there is none. */
export function wordAt(text: string, from: number): Word | null {
  const start = digitsFrom(text, from);
  let end = start;
  while (digitOf(text.charCodeAt(end)) >= 0) end += 1;
  if (end === start) return null;
  const split = Math.max(start, end - LOW_DIGITS);
  return { page: hexIn(text, start, split), low: hexIn(text, split, end) };
}

/** A number in hex below 2^53 that begins at `from`; NaN if there is none. */
export function hexAt(text: string, from: number): number {
  const start = digitsFrom(text, from);
  let end = start;
  while (digitOf(text.charCodeAt(end)) >= 0) end += 1;
  return end === start ? Number.NaN : hexIn(text, start, end);
}

/** A decimal number that begins at `from`; NaN if there is none. */
export function decimalAt(text: string, from: number): number {
  let value = 0;
  let at = from;
  for (let code = text.charCodeAt(at); isDecimal(code); code = text.charCodeAt(at)) {
    value = value * 10 + (code - ZERO);
    at += 1;
  }
  return at === from ? Number.NaN : value;
}

/** The 64-bit value in hex after a word of the text; null if the word or the value is missing. */
export function wordAfter(text: string, before: string): Word | null {
  const at = text.indexOf(before);
  return at === -1 ? null : wordAt(text, at + before.length);
}

/** The number in hex after a word of the text; NaN if the word or the number is missing. */
export function hexAfter(text: string, before: string): number {
  const at = text.indexOf(before);
  return at === -1 ? Number.NaN : hexAt(text, at + before.length);
}

/** The decimal number after a word of the text; NaN if the word or the number is missing. */
export function decimalAfter(text: string, before: string): number {
  const at = text.indexOf(before);
  return at === -1 ? Number.NaN : decimalAt(text, at + before.length);
}

/** The text as a copy: a piece of a long text keeps all of that in memory. */
export function copyOf(text: string): string {
  return text.split('').join('');
}

function digitsFrom(text: string, from: number): number {
  const isPrefixed = text.charCodeAt(from) === ZERO && text.charCodeAt(from + 1) === SMALL_X;
  return isPrefixed ? from + 2 : from;
}

function hexIn(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) value = value * 16 + digitOf(text.charCodeAt(at));
  return value;
}
