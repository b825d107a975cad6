import { type Census, countUnread } from '../census.js';
import type { Fact, Stamp, Take } from '../fact.js';
import type { ReadPrinted } from '../facts/printed.js';
import { probeOf } from '../facts/probes.js';
import { isRaw, rawFields } from '../facts/raw-text.js';
import { RECORDED } from '../facts/recorded.js';
import { isRestOfEvent } from './wrapped.js';

/** An event by its name: how often it was, and who reads its fields. */
export interface NamedEvent {
  readonly name: string;
  readonly count: { count: number };
  readonly read: ReadPrinted | undefined;
}

/** The last event of a text. It is given away when the next line shows that it is whole. */
export interface Held {
  /** When and where the event was that is held next. */
  stamp: Stamp;
  /** Gives away what is held, and holds an event whose fields stand in a text. */
  hold(event: NamedEvent, text: string, from: number, to: number): void;
  /** Whether a line is the rest of the event; then it is added. */
  continues(line: string): boolean;
  /** Gives away what is held. */
  flush(): void;
}

/** Lines that an event is spread over at most, by a mail client. */
const WRAPPED_MAX = 4;

/** Of the kernel, and of a raw report. */
const CR_READ = /\bcr_read\b|\brw=0\b/;

/** Holds back one event, for a line may go on in the next one. */
export function createHeld(census: Census, take: Take): Held {
  let event: NamedEvent | null = null;
  let fields = '';
  let fact: Fact | null | undefined;
  let lines = 0;
  /** The stamp of the event, and the one that the next is written into. */
  let own = createStamp();

  const held: Held = {
    stamp: createStamp(),
    hold(named, text, from, to) {
      held.flush();
      event = named;
      fields = text.slice(from, to);
      fact = factOf(named, fields);
      lines = 1;
      const spare = own;
      own = held.stamp;
      held.stamp = spare;
    },
    continues(line) {
      if (event === null || lines === WRAPPED_MAX) return false;
      // An event that says nothing of use has no reader who knows its fields.
      if (fact === undefined && fields.trim() !== '') return false;
      const joined = `${fields.trimEnd()} ${line}`;
      const whole = factOf(event, joined);
      if (!isRestOfEvent(line) && (fact || !whole)) return false;
      fields = joined;
      fact = whole ?? fact;
      lines += 1;
      return true;
    },
    flush() {
      if (event === null) return;
      if (fact === null) {
        countUnread(census, `${event.name} in a form that is not known`, `${event.name}:${fields}`);
      } else if (fact !== undefined) take(fact, own);
      event = null;
    },
  };
  return held;
}

function createStamp(): Stamp {
  return { at: 0, task: { host: null, name: '', pid: null, tgid: null }, cpu: null };
}

/** The fact of an event; null if it is not understood, `undefined` if it says nothing of use. */
function factOf({ name, read }: NamedEvent, fields: string): Fact | null | undefined {
  if (read === undefined) return probeOf(name, fields) ?? undefined;
  const fact = read(fields);
  if (fact !== null) return fact;
  // A read of a control register changes nothing.
  if (name === 'kvm_cr' && CR_READ.test(fields)) return undefined;
  return isRaw(fields) ? (RECORDED.get(name)?.(rawFields(name, fields)) ?? null) : null;
}
