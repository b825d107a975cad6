import {
  aliasesOf,
  type GuestMemory,
  gfnToGpa,
  gpaToGfn,
  isSameWord,
  isVisibleGfn,
  offsetInPage,
  PAGE_SIZE,
  readWord,
  type Word,
  wordFromNumber,
} from '../machine/index.js';
import type { Forgotten, Moment, Oracle, PastValue, PastWord } from '../state/index.js';
import { mayMapGlobally } from './entry-bits.js';
import { momentNow } from './moments.js';

/**
 * Values of eight bytes of a table that are kept. Beyond that those that are alike are merged, and
 * of different ones the oldest is forgotten.
 */
export const PAST_VALUES_MAX = 32;
/** Values of all entries that are kept of a VM. */
export const PAST_MAX = 32_768;

/** Frames that are known to hold tables; if there were more, every frame may. */
export const TABLES_MAX = 65_536;

/** Notes that a frame was walked as a page table: its entries may be cached from now on. */
export function watchTable({ tables }: Oracle, gfn: number): void {
  if (tables.size < TABLES_MAX) tables.add(gfn);
}

/** The same for an access that may fail before it is judged. @param gpa An entry that it read. */
export function noteWalked({ oracle }: { oracle: Oracle | null }, gpa: number): void {
  if (oracle === null) return;
  oracle.told?.(`walked ${gpa}`, null);
  watchTable(oracle, gpaToGfn(gpa));
}

/**
 * Whether writes to a frame are nothing to the oracle, so that {@link keepPast} need not be told of
 * each.
 */
export function isWrittenUnheard(
  { oracle, memory }: { oracle: Oracle | null; memory: GuestMemory },
  gfn: number,
): boolean {
  if (oracle === null) return true;
  return oracle.told === null && memory.isPlain && !mayBeTable(oracle, gfn);
}

function mayBeTable({ tables }: Oracle, gfn: number): boolean {
  return tables.size >= TABLES_MAX || tables.has(gfn);
}

/** A value of an entry, with the time during which the entry held it, now and then or always. */
export interface Span {
  readonly value: Word;
  /** Time from which; 0 if it always did. */
  readonly from: number;
  /** The write that replaced it; null while it still holds it. */
  readonly end: Moment | null;
}

/**
 * Bytes of guest memory are about to be written: if they belong to a page table, what they held
 * may live on in a cache and is kept. Bounded: what is forgotten is no longer judged.
 */
export function keepPast(
  { oracle, memory }: { oracle: Oracle | null; memory: GuestMemory },
  { gpa, bytes }: { gpa: number; bytes: number },
): void {
  if (oracle === null) return;
  oracle.told?.(`written ${gpa} ${bytes}`, null);
  if (!memory.isPlain) keepAliases({ oracle, memory }, { gpa, bytes });
  if (!mayBeTable(oracle, gpaToGfn(gpa))) return;
  keepBytes({ oracle, memory }, { gpa, bytes });
}

/** The same bytes at every other address that a memslot gives them. */
function keepAliases(
  watched: { oracle: Oracle; memory: GuestMemory },
  { gpa, bytes }: { gpa: number; bytes: number },
): void {
  const gfn = gpaToGfn(gpa);
  for (const alias of aliasesOf(watched.memory, gfn)) {
    if (alias === gfn || !mayBeTable(watched.oracle, alias)) continue;
    keepBytes(watched, { gpa: gfnToGpa(alias) + offsetInPage(gpa), bytes });
  }
}

function keepBytes(
  { oracle, memory }: { oracle: Oracle; memory: GuestMemory },
  { gpa, bytes }: { gpa: number; bytes: number },
): void {
  oracle.tableWrites += 1;
  const moment = momentNow(oracle);
  const first = gpa - (gpa % 8);
  for (let at = first; at < gpa + bytes; at += 8) keep(oracle, at, readWord(memory, at), moment);
}

/** The values of eight bytes of memory, newest first: the present one, then the past ones. */
export function spansOf(oracle: Oracle, memory: GuestMemory, gpa: number): Span[] {
  const past = oracle.past.get(gpa)?.values ?? [];
  const isVisible = isVisibleGfn(memory, gpaToGfn(gpa));
  const spans: Span[] = [
    {
      value: isVisible ? readWord(memory, gpa) : NOT_PRESENT,
      from: past.at(-1)?.until.time ?? 0,
      end: null,
    },
  ];
  for (let i = past.length - 1; i >= 0; i -= 1) {
    const { value, from, until } = past[i] as PastValue;
    spans.push({ value, from, end: until });
  }
  return spans;
}

/** The same of an entry of the guest's own tables: one of four bytes is half of what is kept. */
export function entrySpansOf(
  { oracle, memory }: { oracle: Oracle; memory: GuestMemory },
  gpa: number,
  bytes: 4 | 8,
): Span[] {
  if (bytes === 8) return spansOf(oracle, memory, gpa);
  const isHigh = gpa % 8 !== 0;
  return spansOf(oracle, memory, gpa - (gpa % 8)).map((span) => {
    const { page, low } = span.value;
    const half = isHigh ? Math.floor(page / 2 ** 20) : (page % 2 ** 20) * PAGE_SIZE + low;
    return { ...span, value: wordFromNumber(half) };
  });
}

const NOT_PRESENT: Word = { page: 0, low: 0 };

function keep(oracle: Oracle, gpa: number, value: Word, until: Moment): void {
  let word = oracle.past.get(gpa);
  if (word === undefined) {
    word = { values: [], areDistinct: false, forgotten: 0, globalsForgotten: 0 };
    oracle.past.set(gpa, word);
  }
  const { values } = word;
  values.push({ value, from: values.at(-1)?.until.time ?? 0, until });
  oracle.pastCount += 1;
  if (values.length > PAST_VALUES_MAX) {
    oracle.pastCount -= word.areDistinct ? mergeNewest(values) : mergeSame(values);
    if (values.length > PAST_VALUES_MAX) forget(oracle, word, values.shift() as PastValue);
    word.areDistinct = true;
  } else {
    word.areDistinct = false;
  }
  if (oracle.pastCount > PAST_MAX) forgetOldestWord(oracle);
}

/**
 * Takes values that are alike for one, which was there from the first time to the last: a
 * translation depends on when its entries were replaced last. It may be allowed more by that.
 *
 * @returns How many there are less.
 */
function mergeSame(values: PastValue[]): number {
  // The values that stay are moved to the end, newest last, and start here.
  let start = values.length;
  for (let i = values.length - 1; i >= 0; i -= 1) {
    const past = values[i] as PastValue;
    const twin = indexOfSame(values, start, past.value);
    if (twin === -1) {
      start -= 1;
      values[start] = past;
    } else {
      const { value, until } = values[twin] as PastValue;
      values[twin] = { value, from: past.from, until };
    }
  }
  if (start > 0) values.splice(0, start);
  return start;
}

/** The same where only the newest value can be like another one. */
function mergeNewest(values: PastValue[]): number {
  const newest = values.length - 1;
  const { value, until } = values[newest] as PastValue;
  const twin = indexOfSame(values, 0, value);
  if (twin === newest) return 0;
  values[newest] = { value, from: (values[twin] as PastValue).from, until };
  values.splice(twin, 1);
  return 1;
}

/** The place of a value, from some place on; -1 if it is not there. */
function indexOfSame(values: readonly PastValue[], start: number, wanted: Word): number {
  for (let i = start; i < values.length; i += 1) {
    if (isSameWord((values[i] as PastValue).value, wanted)) return i;
  }
  return -1;
}

/** The word that was first written, and whatever it held. */
function forgetOldestWord(oracle: Oracle): void {
  const first = oracle.past.entries().next().value;
  if (first === undefined) return;
  const [gpa, word] = first;
  for (const value of word.values) forget(oracle, word, value);
  noteForgotten(oracle, word);
  oracle.past.delete(gpa);
}

function forget(oracle: Oracle, word: PastWord, { value, until }: PastValue): void {
  const globalsForgotten = mayMapGlobally(value, 'always') ? until.time : 0;
  noteForgotten(word, { forgotten: until.time, globalsForgotten });
  oracle.pastCount -= 1;
}

function noteForgotten(of: Forgotten, { forgotten, globalsForgotten }: Forgotten): void {
  of.forgotten = Math.max(of.forgotten, forgotten);
  of.globalsForgotten = Math.max(of.globalsForgotten, globalsForgotten);
}
