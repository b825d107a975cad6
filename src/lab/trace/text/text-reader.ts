import { type Census, countOf, countUnread } from '../census.js';
import type { Take } from '../fact.js';
import { PRINTED } from '../facts/printed.js';
import { FOREIGN_BYTES, foreignOf } from './foreign.js';
import { createHead, scanHead } from './head.js';
import { createHeld, type NamedEvent } from './held.js';
import { createLineSplitter } from './lines.js';
import { kindOfOther } from './other-lines.js';
import { createPlaces, type Place } from './place.js';
import { createQuotedPrintable } from './quoted-printable.js';
import { copyOf } from './scan.js';

/** A reader of text, in pieces of any size. */
export interface TextReader {
  /** @param text Each character is a byte: names in other alphabets come out byte by byte. */
  push(text: string): void;
  /** The text has ended. */
  end(): void;
}

/** A line that may be the beginning of an event which a mail client wrapped. */
interface Cut {
  readonly line: string;
  readonly what: string;
}

/** Names that are remembered, and CPUs that are told apart. */
const NAMES_MAX = 4096;
const CPUS_MAX = 4096;
/** The name under which calls are counted, as trace-cmd has it: there are too many functions. */
const CALL = 'function';
const ENDS_WITH_TIME = /\d:$/;
const QUOTE = 62;
const BAR = 124;
const HASH = 35;
const BLANK = 32;

/**
 * Reads every dialect of text: tracefs, `trace-cmd report`, `perf script`.
 *
 * A line that is not understood is counted by its kind, with the first example, and nothing is
 * thrown: a trace may be half written, quoted in a mail, or no trace at all.
 */
export function createTextReader(census: Census, take: Take): TextReader {
  const head = createHead();
  const placeOf = createPlaces();
  const held = createHeld(census, take);
  const lastOfCpu: number[] = [];
  const names = new Map<string, NamedEvent>();
  let cut: Cut | null = null;

  /** A line without an event: the rest of a wrapped one, a comment, a stack, or anything. */
  function takeOther(text: string, from: number, to: number): void {
    const line = text.slice(from, to).trim();
    const other = kindOfOther(line);
    if (other.kind === 'unread') {
      if (held.continues(line) || joins(line)) return;
      dropCut();
      cut = { line: copyOf(line), what: other.what };
      return;
    }
    dropCut();
    if (other.kind === 'release') census.release ??= copyOf(other.release);
    else if (other.kind === 'lost') {
      census.lost += other.count ?? 1;
      held.flush();
      take({ kind: 'lost', count: other.count }, held.stamp);
    }
  }

  /** Whether a line is the second half of one whose first half names a place: it is taken then. */
  function joins(line: string): boolean {
    if (cut === null) return false;
    const whole = `${cut.line} ${line}`;
    if (!scanHead(whole, 0, whole.length, head)) return false;
    const place = placeOf(whole, 0, head.placeTo);
    const isPlaced = place.cpu !== null && place.task.pid !== null;
    if (!isPlaced && !ENDS_WITH_TIME.test(cut.line)) return false;
    cut = null;
    takeEvent(whole, whole.length, place);
    return true;
  }

  function dropCut(): void {
    if (cut !== null) countUnread(census, cut.what, cut.line);
    cut = null;
  }

  function noteTime(cpu: number | null): void {
    census.firstAt ??= head.at;
    census.lastAt = head.at;
    if (head.isTicks) census.isTicks = true;
    const index = cpu === null || cpu >= CPUS_MAX ? 0 : cpu + 1;
    if (head.at < (lastOfCpu[index] ?? 0)) census.backwards += 1;
    lastOfCpu[index] = head.at;
  }

  function takeEvent(text: string, to: number, { task, cpu }: Place): void {
    const { stamp } = held;
    stamp.at = head.at;
    stamp.task = task;
    stamp.cpu = cpu;
    noteTime(cpu);
    const event = namedEvent(head.isCall ? CALL : text.slice(head.nameFrom, head.nameTo));
    event.count.count += 1;
    held.hold(event, text, head.fieldsFrom, to);
  }

  function namedEvent(piece: string): NamedEvent {
    const known = names.get(piece);
    if (known !== undefined) return known;
    const name = copyOf(piece);
    const event = { name, count: countOf(census, name), read: PRINTED.get(name) };
    if (names.size < NAMES_MAX) names.set(name, event);
    return event;
  }

  function takeLine(text: string, start: number, to: number): void {
    const from = behindQuotes(text, start, to);
    if (text.charCodeAt(from) === HASH || !scanHead(text, from, to, head)) {
      takeOther(text, from, to);
      return;
    }
    const place = placeOf(text, from, head.placeTo);
    if (cut !== null) {
      const isWhole = place.cpu !== null && place.task.pid !== null && place.task.name !== '';
      if (!isWhole && joins(text.slice(from, to).trim())) return;
      dropCut();
      scanHead(text, from, to, head);
    }
    takeEvent(text, to, place);
  }

  const decoder = createQuotedPrintable(takeLine);
  const splitter = createLineSplitter(
    (text, from, to) => {
      census.lines += 1;
      decoder.take(text, from, to);
    },
    (example) => {
      census.lines += 1;
      countUnread(census, 'line that is too long to be of a trace', example);
    },
  );
  /** The beginning, until it is long enough to tell a file that is no text; null behind it. */
  let begun: string | null = '';

  function begin(beginning: string): void {
    begun = null;
    census.foreign = foreignOf(beginning);
    if (census.foreign === null) splitter.push(beginning);
  }

  return {
    push(text) {
      if (begun === null) {
        if (census.foreign === null) splitter.push(text);
        return;
      }
      begun += text;
      if (begun.length >= FOREIGN_BYTES) begin(begun);
    },
    end() {
      if (begun !== null) begin(begun);
      splitter.end();
      decoder.end();
      dropCut();
      held.flush();
    },
  };
}

/** Where a line begins behind the signs by which a mail client quotes it. */
function behindQuotes(text: string, start: number, to: number): number {
  let from = start;
  for (;;) {
    const code = text.charCodeAt(from);
    if (code === QUOTE || (code === BAR && text.charCodeAt(from + 1) === BLANK)) from += 1;
    else if (text.startsWith(HTML_QUOTE, from)) from += HTML_QUOTE.length;
    else return from;
    while (from < to && text.charCodeAt(from) === BLANK) from += 1;
  }
}

/** The sign of a quote in a page of a mail archive. */
const HTML_QUOTE = '&gt;';
