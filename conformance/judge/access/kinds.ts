import type { Bench } from '../bench.js';
import { textOf, Unreadable } from '../reading.js';

/** What an access does, as the model's command that does it. */
export type AccessKind = 'read' | 'write' | 'execute';

export const ACCESS_KINDS: readonly AccessKind[] = ['read', 'write', 'execute'];

const KINDS: Readonly<Record<string, AccessKind>> = {
  read: 'read',
  write: 'write',
  exec: 'execute',
  execute: 'execute',
  fetch: 'execute',
};

/**
 * The kinds of access that a case names: one, or several, as in `read|write|exec`.
 *
 * @throws {Unreadable} If one of them is none of the known.
 */
export function kindsOf(value: unknown): readonly AccessKind[] {
  return textOf(value)
    .split('|')
    .map((word) => {
      const kind = Object.hasOwn(KINDS, word) ? KINDS[word] : undefined;
      if (kind === undefined) throw new Unreadable(`access "${word}"`);
      return kind;
    });
}

/** How KVM may run a guest on its own: a case must be right in both ways, unless it names one. */
export function pagingsOf({ paging }: Bench): readonly ('shadow' | 'ept')[] {
  return paging === null ? ['shadow', 'ept'] : [paging];
}
