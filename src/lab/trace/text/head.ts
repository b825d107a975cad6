import { isDecimal } from './scan.js';

/** Where the parts of a line stand. One object is used again for every line. */
export interface Head {
  /** Nanoseconds, or ticks. */
  at: number;
  /** Digits behind the point of its seconds. */
  digits: number;
  /** The clock counts something else than time, or the unit cannot be known. */
  isTicks: boolean;
  /** End of what stands before the time: task, CPU, flags. */
  placeTo: number;
  nameFrom: number;
  nameTo: number;
  /** The line is of a function that was called, not of an event, though they may have one name. */
  isCall: boolean;
  /** Where the fields begin; blanks before them may follow. */
  fieldsFrom: number;
}

export function createHead(): Head {
  return {
    ...{ at: 0, digits: 0, isTicks: false, placeTo: 0 },
    ...{ nameFrom: 0, nameTo: 0, isCall: false, fieldsFrom: 0 },
  };
}

/** Colons that may stand before the time's own: of files, of buffers, of a date. */
const COLONS_MAX = 12;

const NS_OF_SECOND = 1e9;
const NS_OF_MICROSECOND = 1e3;
const NS_OF_MILLISECOND = 1e6;

/** Digits of seconds that tools print behind the point. */
const FRACTION_MAX = 9;
/** Digits of a stamp that may stick to the column before it. */
const STUCK_DIGITS = 10;

const MICROSECOND_DIGITS = 6;

const BLANK = 32;
const TAB = 9;
const POINT = 46;
const ZERO = 48;
const COLON = 58;
const OPENING_BRACKET = 91;
const BRACKET = 93;
const LOW_LINE = 95;
const SMALL_S = 115;
const OPENING = 40;
const PARENTHESIS = 41;
const PLUS = 43;

/** The times of a latency trace: `162370us+`, and `157.541ms (+0.007ms)`. */
const MICROSECONDS = /(?:^|[\s.\dA-Za-z*#+!@$])\s(\d+)us[\s+!#*@$]?$/;
const MILLISECONDS = /(\d+\.\d{3})ms\s+\(\+\d+\.\d+ms\)$/;

/**
 * Finds time and event of a line from `from` up to `to`.
 *
 * @returns Whether it is a line of an event; only then `head` means anything.
 */
export function scanHead(text: string, from: number, to: number, head: Head): boolean {
  let colon = from - 1;
  for (let tries = 0; tries < COLONS_MAX; tries += 1) {
    colon = text.indexOf(':', colon + 1);
    if (colon === -1 || colon >= to - 1) return false;
    const next = text.charCodeAt(colon + 1);
    if (next !== BLANK && next !== TAB) continue;
    if (scanTime(text, from, colon, head) && scanName(text, colon + 1, to, head)) return true;
  }
  return false;
}

function scanTime(text: string, from: number, colon: number, head: Head): boolean {
  const last = text.charCodeAt(colon - 1);
  if (!isDecimal(last))
    return isLatencySign(last) && scanLatency(text.slice(from, colon), head, from);
  let point = -1;
  let at = colon - 1;
  for (; at >= from; at -= 1) {
    const code = text.charCodeAt(at);
    if (isDecimal(code)) continue;
    if (code !== POINT || point !== -1 || colon - at - 1 > FRACTION_MAX) break;
    point = at;
  }
  const start = at + 1;
  if (start === point) {
    // A point of the flags, and a number that sticks to it.
    return scanNumber(text, { from, start: point + 1, point: -1, colon }, head);
  }
  return scanNumber(text, { from, start, point, colon }, head);
}

interface Place {
  readonly from: number;
  readonly start: number;
  readonly point: number;
  readonly colon: number;
}

function scanNumber(text: string, { from, start, point, colon }: Place, head: Head): boolean {
  const before = start === from ? BLANK : text.charCodeAt(start - 1);
  const isApart = before === BLANK || before === TAB || before === BRACKET;
  if (!isApart && colon - start < STUCK_DIGITS) return false;
  head.placeTo = start;
  head.isTicks = point === -1;
  head.digits = point === -1 ? 0 : colon - point - 1;
  if (point === -1) {
    head.at = decimalIn(text, start, colon);
    return start < colon;
  }
  const fraction = decimalIn(text, point + 1, colon) * 10 ** (FRACTION_MAX - head.digits);
  head.at = decimalIn(text, start, point) * NS_OF_SECOND + fraction;
  return head.digits > 0;
}

function decimalIn(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) value = value * 10 + (text.charCodeAt(at) - ZERO);
  return value;
}

/** The last sign of a latency trace's time: `us`, with a mark for long waits, or `ms)`. */
function isLatencySign(code: number): boolean {
  return code === SMALL_S || code === PARENTHESIS || ' +!#*@$'.includes(String.fromCharCode(code));
}

function scanLatency(before: string, head: Head, from: number): boolean {
  const us = MICROSECONDS.exec(before);
  const ms = us === null ? MILLISECONDS.exec(before) : null;
  const found = us ?? ms;
  if (found === null) return false;
  const digits = found[1] as string;
  head.at = Number(digits) * (us === null ? NS_OF_MILLISECOND : NS_OF_MICROSECOND);
  head.isTicks = false;
  head.digits = MICROSECOND_DIGITS;
  head.placeTo = from + before.lastIndexOf(digits);
  return true;
}

/**
 * The event after the time: `kvm_exit:`, `kvm:kvm_exit:`, or a function. Before it may stand perf's
 * period, or the time since the last event by `trace-cmd report --ts-diff`: `(+185)`.
 */
function scanName(text: string, from: number, to: number, head: Head): boolean {
  let start = skipBlanks(text, from, to);
  if (text.charCodeAt(start) === OPENING) start = skipBlanks(text, endOfTimeSince(text, start), to);
  let at = start;
  while (at < to && isDecimal(text.charCodeAt(at))) at += 1;
  if (at > start && at < to && text.charCodeAt(at) === BLANK) start = skipBlanks(text, at, to);
  at = endOfWord(text, start, to);
  if (at === start) return false;
  if (text.charCodeAt(at) === COLON && at + 1 < to && isWord(text.charCodeAt(at + 1))) {
    start = at + 1;
    at = endOfWord(text, start, to);
  }
  head.nameFrom = start;
  head.nameTo = at;
  head.fieldsFrom = at + 1;
  head.isCall = false;
  if (text.charCodeAt(at) === COLON && at < to) return true;
  const next = skipSymbol(text, at, to);
  head.fieldsFrom = next;
  head.isCall = next + 1 < to && text.startsWith('<-', next);
  return head.isCall;
}

/** Behind the place in a function and its module, `+0x10/0x190 [kvm]`, which need not be there. */
function skipSymbol(text: string, from: number, to: number): number {
  let at = from;
  if (text.charCodeAt(at) === PLUS) while (at < to && text.charCodeAt(at) !== BLANK) at += 1;
  at = skipBlanks(text, at, to);
  if (text.charCodeAt(at) !== OPENING_BRACKET) return at;
  const end = text.indexOf(']', at);
  return end === -1 || end >= to ? at : skipBlanks(text, end + 1, to);
}

/** Behind `(+185)`; the place itself if that does not stand there. */
function endOfTimeSince(text: string, from: number): number {
  if (text.charCodeAt(from + 1) !== PLUS) return from;
  let at = from + 2;
  while (isDecimal(text.charCodeAt(at))) at += 1;
  return text.charCodeAt(at) === PARENTHESIS ? at + 1 : from;
}

function skipBlanks(text: string, from: number, to: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); at < to; code = text.charCodeAt(at)) {
    if (code !== BLANK && code !== TAB) break;
    at += 1;
  }
  return at;
}

function endOfWord(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && isWord(text.charCodeAt(at))) at += 1;
  return at;
}

function isWord(code: number): boolean {
  if (code >= 97) return code <= 122;
  if (code >= 65) return code <= 90 || code === LOW_LINE;
  return isDecimal(code) || code === POINT;
}
