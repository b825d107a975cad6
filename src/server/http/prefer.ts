import { z } from 'zod';
import { BOUNDS } from '../wire/bounds.js';

/** Part of a route's `config`: the preferences that it heeds. */
export interface PreferredRoute {
  /** Whether the route heeds `Prefer: wait=SECONDS`. */
  readonly prefersWait?: true;
}

export const Prefer = z
  .string()
  .describe('`wait=SECONDS`: answer at the end of the job, or after that time (RFC 7240).');

/** Whether a route heeds `Prefer: wait`. */
export function takesPrefer({ config = {} }: { readonly config?: object }): boolean {
  return (config as PreferredRoute).prefersWait === true;
}

/**
 * Milliseconds that a client prefers to wait, at most the bound of waits. Unknown preferences are
 * ignored.
 *
 * @see RFC 7240, "Prefer Header for HTTP"
 */
export function preferredWaitMs(prefer: string | readonly string[] | undefined): number {
  const found = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i.exec(String(prefer ?? ''));
  return Math.min(Number(found?.[1] ?? 0) * 1000, BOUNDS.waitMs.value);
}
