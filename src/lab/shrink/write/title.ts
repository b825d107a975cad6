import type { Shrunk } from '../shrink.js';

/** Title of a test: what is wrong, on one line. */
export function titleOf({ kind, message }: Shrunk['failure']): string {
  return `${kind}: ${message.replace(/\s+/g, ' ')}`;
}

/**
 * Configurations that a test runs the commands on: one, or for a disagreement two, whose guests have
 * to see the same.
 */
export function configsOf({ config, against }: Shrunk): Shrunk['config'][] {
  return against === null ? [config] : [config, { ...config, policy: against }];
}
