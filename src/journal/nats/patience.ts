import { setTimeout as delay } from 'node:timers/promises';
import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { NotWritten } from '../log/index.js';

/** Milliseconds that a server is given to answer one request. */
export const ANSWER_MS = 2000;

/** Milliseconds between two tries, at first and at most. */
const PAUSE_MS = 20;
const PAUSE_MS_MAX = 500;

/**
 * Codes of JetStream that say that there is no room: too few resources, too much storage, or a store
 * that failed, which says why in words.
 */
const FULL_CODES: readonly number[] = [10002, 10023, 10028, 10047];
const STORE_FAILED = 10077;
const FULL_WORDS = /maximum|no space|insufficient|exceed/i;

/** A cluster has not enough servers for the copies, perhaps because it has just begun. */
const TOO_FEW_SERVERS = 10005;

/** There is no such stream. */
const STREAM_NOT_FOUND = 10059;

/** Another message stands where one was to be written. */
const WRONG_LAST_SEQUENCE: readonly number[] = [10071, 10164];

export function isConflict(error: unknown): boolean {
  return error instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.includes(error.code);
}

export function isNoStream(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND;
}

export function isFull(error: unknown): boolean {
  if (!(error instanceof JetStreamApiError)) return false;
  const { code, message } = error;
  return FULL_CODES.includes(code) || (code === STORE_FAILED && FULL_WORDS.test(message));
}

/** A server refused a write for a reason that does not hold. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Whether the same request may well be answered a moment later. */
export function isPassing(error: unknown): boolean {
  if (isFull(error)) return false;
  if (error instanceof JetStreamApiError) {
    return error.status === 503 || error.code === TOO_FEW_SERVERS;
  }
  return (
    error instanceof Refused ||
    (error instanceof Error && error.name === 'JetStreamNotEnabled') ||
    error instanceof JetStreamError ||
    error instanceof errors.TimeoutError ||
    error instanceof errors.RequestError ||
    error instanceof errors.NoRespondersError ||
    error instanceof errors.ConnectionError
  );
}

/**
 * Asks again and again while servers elect a leader, restart or cannot be reached.
 *
 * @param ms Milliseconds after which it gives up.
 * @throws {NotWritten} If it gave up, or there is no room; whatever else `ask` throws.
 */
export async function patiently<T>(ms: number, ask: () => Promise<T>): Promise<T> {
  const end = performance.now() + ms;
  for (let pause = PAUSE_MS; ; pause = Math.min(2 * pause, PAUSE_MS_MAX)) {
    try {
      return await ask();
    } catch (error) {
      if (isFull(error)) throw new NotWritten((error as Error).message, true, error);
      if (!isPassing(error)) throw error;
      if (performance.now() + pause > end) throw unreachable(ms, error);
      await delay(pause);
    }
  }
}

function unreachable(ms: number, error: unknown): NotWritten {
  const said = error instanceof Error ? error.message : String(error);
  return new NotWritten(`NATS gave no answer for ${ms / 1000} s: ${said}`, false, error, true);
}
