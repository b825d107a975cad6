import type { Task } from '../fact.js';
import { copyOf } from './scan.js';

/** The task and the CPU that stand before a time. */
export interface Place {
  readonly task: Task;
  readonly cpu: number | null;
}

/** A beginning that was seen before. */
interface Known {
  readonly before: string;
  readonly place: Place;
}

/** Finds the place that a line's beginning names. */
export type FindPlace = (text: string, from: number, to: number) => Place;

/** Beginnings that are remembered. */
const PLACES_MAX = 8192;
/** Tasks that are told apart: beyond, all are one. */
export const TASKS_MAX = 65_536;

/** Comm, thread, perhaps process, CPU and flags: tracefs, trace-cmd, perf. */
const BRACKETED =
  /^(.*?)[\s-]+(\d+)(?:\/(\d+))?(?:\s+\(\s*([\d-]+)\))?(?:\s+[\dA-Za-z.#*]*\.[\dA-Za-z.#*]*)?\s+\[(\d+)\][^\s\]]*(?:\s+[^\s\]]+)?\s*$/;
/** `trace-cmd report -l` and tracefs's latency format: the CPU sticks to the flags. */
const LATENCY = /^(.*?)[\s-]+(\d+)\s+(\d+)(?:[A-Za-z.#*][\dA-Za-z.#*]*|-0x[\da-f]+)\s*$/;
/** Verbose latency format: comm, thread, CPU, priority, preemption, count and absolute time. */
const VERBOSE = /^(.*?)\s+(\d+)\s+(\d+)\s+\d+\s+[\da-f]{8}\s+[\da-f]{8}\s+\[[\da-f]+\]\s*$/;
/** `perf script` without a thread, and lines whose CPU somebody left out: `[...]`. */
const NO_THREAD =
  /^(.*?)(?:(?:^|[\s-]+)(\d+)(?:\/(\d+))?)?(?:(?:^|\s+)(?=\S*\.)[\dA-Za-z.#*]{4,6})?\s*\[(\d+|\.{3,})\](?:\s+[^\s\]]+)?\s*$/;
/** `perf script` without a CPU. */
const BARE = /^(.*?)(?:[\s-]+(\d+)(?:\/\d+)?)?\s*$/;
/**
 * Prefixes that logs, tools and editors put before a line, each apart: a date, a time of day, both in
 * brackets or by `ctime`, the kernel's own time, the name of a host, the number of the line.
 */
const DATE = new RegExp(
  `^\\s*(?:${[
    /\d{4}[-/.]\d\d[-/.]\d\d(?=[T\s])(?:T[\d:.,]+(?:Z|[+-]\d\d:?\d\d)?)?\s+/,
    /\d\d?[-/.]\d\d?[-/.]\d{4},?\s+/,
    /\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?(?:\s[AP]M)?\s+/,
    /(?:[A-Z][a-z]{2}\s+)?[A-Z][a-z]{2}\s+\d+ \d\d:\d\d:\d\d(?:\.\d+)?\s+(?:(?:[A-Z]{3,4}\s+)?\d{4}\s+)?/,
    /[\w.-]+ kernel:\s+/,
    /\[(?:[A-Z][a-z]{2} [\w: ]+|\s*\d+\.\d+|\d{4}-[-\dT :.,+Z]+|\d\d:[\d:.,]+)\]\s+/,
    /\d+:\s*(?=\S*[A-Za-z<]|\d{4}-|\[)/,
  ]
    .map(({ source }) => source)
    .join('|')})`,
);
/** Things of these kinds that stand before a line at most. */
const DATES_MAX = 6;
/** The name of a file or of a buffer before the task. */
const BEFORE = /^\s*([\w./-]*[A-Za-z_][\w./-]*):\s+/;

/** A finder that remembers what it has seen: lines of one task begin alike. */
export function createPlaces(): FindPlace {
  const known = new Map<string, Known>();
  const tasks = new Map<string, Task>();
  let last: Known | null = null;

  return (text, from, to) => {
    if (last !== null && last.before.length === to - from && text.startsWith(last.before, from)) {
      return last.place;
    }
    const piece = text.slice(from, to);
    last = known.get(piece) ?? null;
    if (last === null) {
      const before = copyOf(piece);
      last = { before, place: placeOf(before, tasks) };
      if (known.size >= PLACES_MAX) known.clear();
      known.set(before, last);
    }
    return last.place;
  };
}

function placeOf(before: string, tasks: Map<string, Task>): Place {
  const undated = withoutDates(before);
  const text = undated.replace(BEFORE, '');
  const host = hostIn(BEFORE.exec(undated)?.[1]);
  const verbose = VERBOSE.exec(text);
  const bracketed = verbose === null ? BRACKETED.exec(text) : null;
  if (bracketed !== null) {
    // One number is the thread; of two, as `perf script -F pid,tid` has them, the second is.
    const [, name = '', first, second, tgid, cpu] = bracketed;
    const process = second === undefined ? tgid : first;
    return { task: taskOf(tasks, { host, name, pid: second ?? first, process }), cpu: Number(cpu) };
  }
  const withCpu = verbose ?? LATENCY.exec(text);
  if (withCpu !== null) {
    const [, name = '', pid, cpu] = withCpu;
    return { task: taskOf(tasks, { host, name, pid }), cpu: Number(cpu) };
  }
  const [, name = '', first, second, cpu] = NO_THREAD.exec(text) ?? BARE.exec(text) ?? [];
  const task = taskOf(tasks, { host, name, pid: second ?? first });
  return { task, cpu: cpu === undefined || cpu.startsWith('.') ? null : Number(cpu) };
}

function withoutDates(before: string): string {
  let text = before;
  for (let dates = 0; dates < DATES_MAX; dates += 1) {
    const rest = text.replace(DATE, '');
    if (rest === text) break;
    text = rest;
  }
  return text;
}

/** A file of several that are merged is of a host of its own; a buffer's name has no point. */
function hostIn(prefix: string | undefined): string | null {
  return prefix !== undefined && /[./]/.test(prefix) ? copyOf(prefix) : null;
}

/** A task as a line names it. */
interface Named {
  readonly host: string | null;
  readonly name: string;
  readonly pid: string | undefined;
  readonly process?: string | undefined;
}

function taskOf(tasks: Map<string, Task>, { host, name, pid, process }: Named): Task {
  const comm = copyOf(name.trim());
  const key = `${host ?? ''} ${pid === undefined ? `name ${comm}` : `pid ${Number(pid)}`}`;
  const known = tasks.get(key);
  if (known !== undefined) return known;
  const tgid = process === undefined || !/^\d+$/.test(process) ? null : Number(process);
  const task = { host, name: comm, pid: pid === undefined ? null : Number(pid), tgid };
  if (tasks.size < TASKS_MAX) tasks.set(key, task);
  return task;
}
