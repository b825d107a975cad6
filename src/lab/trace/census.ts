/** A kind of lines or records that nobody understood, and the first of them. */
export interface Unread {
  readonly what: string;
  count: number;
  readonly example: string;
}

/** The content of a trace, beside its facts. */
export interface Census {
  /** Lines of a text, or records of a binary. */
  lines: number;
  /** Events by name, used or not. */
  readonly events: Map<string, { count: number }>;
  readonly unread: Map<string, Unread>;
  /** Events that the kernel or the tool says were lost; null if it gave no number. */
  lost: number;
  /** Times that ran backwards, by a CPU. */
  backwards: number;
  /** The kernel's release, where the trace says: `6.1.0-57-cloud-amd64`. */
  release: string | null;
  /** The clock counts something else than time: times mean an order alone. */
  isTicks: boolean;
  /** Sentence on the file, and on what to do with it, if it is neither text nor a trace.dat. */
  foreign: string | null;
  firstAt: number | null;
  lastAt: number;
}

/** Kinds that are told apart: beyond, all are one. */
const KINDS_MAX = 512;
/** Characters of an example. */
const EXAMPLE_MAX = 160;
const OTHERS = 'kinds beyond the bound';

export function createCensus(): Census {
  return {
    ...{ lines: 0, events: new Map(), unread: new Map(), lost: 0, backwards: 0 },
    ...{ release: null, isTicks: false, foreign: null, firstAt: null, lastAt: 0 },
  };
}

/** The count of the events of a name, which the caller raises. */
export function countOf({ events }: Census, name: string): { count: number } {
  const key = events.size < KINDS_MAX ? name : OTHERS;
  const known = events.get(name) ?? events.get(key);
  if (known !== undefined) return known;
  const created = { count: 0 };
  events.set(key, created);
  return created;
}

/** Counts something that was not understood, and keeps the first of its kind. */
export function countUnread({ unread }: Census, what: string, example: string): void {
  const key = unread.size < KINDS_MAX || unread.has(what) ? what : OTHERS;
  const known = unread.get(key);
  if (known !== undefined) known.count += 1;
  else unread.set(key, { what: key, count: 1, example: shown(example) });
}

/** A line as an example: short, and with nothing that a terminal would act on. */
function shown(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal acts on them.
  return copyOf(text.slice(0, EXAMPLE_MAX).trim()).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}

/** A piece of a long text would keep all of it in memory. */
function copyOf(text: string): string {
  return text.split('').join('');
}
