import { type DestinationStream, type Logger, pino } from 'pino';
import type { Terminal } from './terminal.js';

/** Levels of the log, the most urgent first. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * The server's log on standard output: a JSON object a line; or, for a person who did not ask for
 * a level, sentences.
 *
 * @param level Undefined if none was asked for: then "info".
 */
export function createLog(level: LogLevel | undefined, { stdout }: Terminal): Logger {
  const isForPerson = level === undefined && stdout.isTTY === true;
  const destination: DestinationStream = isForPerson
    ? { write: (line) => stdout.write(`${sentenceOf(line)}\n`) }
    : // Lines are written at once: none is lost when the process ends.
      pino.destination({ dest: 1, sync: true });
  return pino({ level: level ?? 'info' }, destination);
}

/** Fields that every line of the log has, and that nobody misses at a terminal. */
const DULL: readonly string[] = ['level', 'time', 'pid', 'hostname', 'msg'];

/** The message of a line of the log, and what it is about in brackets. */
export function sentenceOf(line: string): string {
  const entry = JSON.parse(line) as Record<string, unknown>;
  const about = Object.entries(entry)
    .filter(([key]) => !DULL.includes(key))
    .map(([key, value]) => `${key} ${textOf(value)}`);
  return about.length === 0 ? String(entry.msg) : `${entry.msg} (${about.join(', ')})`;
}

/** An error is its message; its stack is in the log for machines. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const { message } = (value ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : JSON.stringify(value);
}
