import { setTimeout as delay } from 'node:timers/promises';
import type { SharedValues } from '../wire/value-store.js';

/** Milliseconds between two looks for the answer of another server. */
const LOOK_MS = 50;

/** An answer that was given. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null if it was too long to keep. */
  readonly payload: string | Buffer | null;
}

/** An answer as a store keeps it. */
export interface Written {
  readonly request: string;
  /** Null while there is none: then nobody knows how far the request came. */
  readonly answer: (Omit<Answer, 'payload'> & { readonly payload: string | null }) | null;
  /** Time of day of the answer, in milliseconds. */
  readonly at: number;
}

/**
 * Claims a key for this server.
 *
 * @param waitMs Milliseconds that another server's answer is waited for.
 * @returns Null if this server has the key; else what another one kept of it, without an answer if that
 *   server did not give one in time.
 */
export async function claimed(
  shared: SharedValues,
  key: string,
  mine: Written,
  waitMs: number,
): Promise<Written | null> {
  const end = performance.now() + waitMs;
  while (!(await shared.claim(key, mine))) {
    const found = (await shared.read(key)) as Written | undefined;
    // Where there is none any more, the request changed nothing there.
    if (found !== undefined && (found.answer !== null || performance.now() > end)) return found;
    await delay(LOOK_MS);
  }
  return null;
}
