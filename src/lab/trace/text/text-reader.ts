import { type Census, countOf, countUnread } from '../census.js';
import type { Fact, Stamp, Take } from '../fact.js';
import { PRINTED, type ReadPrinted } from '../facts/printed.js';
import { probeOf } from '../facts/probes.js';
import { isRaw, rawFields } from '../facts/raw-text.js';
import { RECORDED } from '../facts/recorded.js';
import { createHead, scanHead } from './head.js';
import { createLineSplitter } from './lines.js';
import { kindOfOther } from './other-lines.js';
import { createPlaces } from './place.js';
import { copyOf } from './scan.js';

/** A reader of text, in pieces of any size. */
export interface TextReader {
  /** @param text Each character is a byte: names in other alphabets come out byte by byte. */
  push(text: string): void;
  /** The text has ended. */
  end(): void;
}

/** An event by its name: how often it was, and who reads its fields. */
interface NamedEvent {
  readonly name: string;
  readonly count: { count: number };
  readonly read: ReadPrinted | undefined;
}

/** An event whose line may go on in the next one. */
interface Pending {
  readonly event: NamedEvent;
  fields: string;
  readonly stamp: Stamp;
  readonly isQuoted: boolean;
  lines: number;
}

/** Lines that an event is spread over at most, by a mail client. */
const WRAPPED_MAX = 4;
/** Names that are remembered, and CPUs that are told apart. */
const NAMES_MAX = 4096;
const CPUS_MAX = 4096;
const QUOTE = 62;
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
  const stamp: Stamp = { at: 0, task: { name: '', pid: null, tgid: null }, cpu: null };
  const lastOfCpu: number[] = [];
  const names = new Map<string, NamedEvent>();
  let pending: Pending | null = null;

  function flush(): void {
    if (pending === null) return;
    const { event, fields, stamp: when } = pending;
    pending = null;
    const fact = factOf(event, fields);
    const what = `${event.name} in a form that is not known`;
    if (fact === null) countUnread(census, what, `${event.name}:${fields}`);
    else if (fact !== undefined) take(fact, when);
  }

  /** A line without an event: the rest of a wrapped one, a comment, a stack, or anything. */
  function takeOther(text: string, from: number, to: number): void {
    const line = text.slice(from, to).trim();
    const other = kindOfOther(line);
    if (other.kind === 'release') census.release ??= copyOf(other.release);
    else if (other.kind === 'lost') {
      census.lost += other.count ?? 1;
      flush();
      take({ kind: 'lost', count: other.count }, stamp);
    } else if (other.kind === 'unread') {
      if (!continues(line)) countUnread(census, other.what, line);
    }
  }

  /** Whether the line is the rest of the event before it. */
  function continues(line: string): boolean {
    if (pending === null || pending.lines >= WRAPPED_MAX) return false;
    const fields = `${pending.fields} ${line}`;
    const isWhole = factOf(pending.event, pending.fields) !== null;
    if (!pending.isQuoted && isWhole) return false;
    pending.fields = fields;
    pending.lines += 1;
    if (!pending.isQuoted && factOf(pending.event, fields) !== null) flush();
    return true;
  }

  function noteTime(cpu: number | null): void {
    census.firstAt ??= head.at;
    census.lastAt = head.at;
    if (head.isTicks) census.isTicks = true;
    const index = cpu === null || cpu >= CPUS_MAX ? 0 : cpu + 1;
    if (head.at < (lastOfCpu[index] ?? 0)) census.backwards += 1;
    lastOfCpu[index] = head.at;
  }

  function takeEvent(text: string, from: number, to: number, isQuoted: boolean): void {
    const name = text.slice(head.nameFrom, head.nameTo);
    const place = placeOf(text, from, head.placeTo);
    stamp.at = head.at;
    stamp.task = place.task;
    stamp.cpu = place.cpu;
    noteTime(place.cpu);
    const event = namedEvent(name);
    event.count.count += 1;
    const fields = text.slice(head.fieldsFrom, to);
    const fact = isQuoted ? null : factOf(event, fields);
    if (fact === undefined) return;
    if (fact !== null) take(fact, stamp);
    else pending = { event, fields: copyOf(fields), stamp: { ...stamp }, isQuoted, lines: 1 };
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
    census.lines += 1;
    let from = start;
    let isQuoted = false;
    if (text.charCodeAt(from) === QUOTE) {
      isQuoted = true;
      while (from < to && (text.charCodeAt(from) === QUOTE || text.charCodeAt(from) === BLANK))
        from += 1;
    }
    if (text.charCodeAt(from) !== HASH && scanHead(text, from, to, head)) {
      flush();
      takeEvent(text, from, to, isQuoted);
    } else takeOther(text, from, to);
  }

  const splitter = createLineSplitter(takeLine, (example) => {
    census.lines += 1;
    countUnread(census, 'line that is too long to be of a trace', example);
  });
  return {
    push: splitter.push,
    end() {
      splitter.end();
      flush();
    },
  };
}

/** The fact of an event; null if it is not understood, `undefined` if it says nothing of use. */
function factOf({ name, read }: NamedEvent, fields: string): Fact | null | undefined {
  if (read === undefined) return probeOf(name, fields) ?? undefined;
  const fact = read(fields);
  if (fact !== null) return fact;
  if (isRaw(fields)) return RECORDED.get(name)?.(rawFields(name, fields)) ?? null;
  // A read of a control register changes nothing.
  return name === 'kvm_cr' && fields.includes('cr_read') ? undefined : null;
}
