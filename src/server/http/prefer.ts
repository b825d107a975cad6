import { z } from 'zod';
import { WAIT_MS_MAX } from '../wire/limits.js';

/** What a route says in its `config` of the preferences that it heeds. */
export interface PreferredRoute {
  /** `Prefer: wait=SECONDS`. */
  readonly prefersWait?: true;
}

export const Prefer = z
  .string()
  .describe('`wait=SECONDS`: answer when it has ended, or after so long (RFC 7240).');

/** Whether a route heeds `Prefer: wait`. */
export function takesPrefer({ config = {} }: { readonly config?: object }): boolean {
  return (config as PreferredRoute).prefersWait === true;
}

/**
 * How long a client would wait, in milliseconds. As RFC 7240 has it, what is not understood is
 * passed over, and more than the bound is the bound.
 */
export function preferredWaitMs(prefer: string | readonly string[] | undefined): number {
  const found = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i.exec(String(prefer ?? ''));
  return Math.min(Number(found?.[1] ?? 0) * 1000, WAIT_MS_MAX);
}
