import type { AccessKind } from '../../attempt/access.js';
import type { MachineSpec } from '../../attempt/machine-spec.js';
import { Unreadable } from '../../attempt/unreadable.js';
import { textOf } from '../reading.js';

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

/** Pagings of a guest on its own: a case must be right under both, unless it names one. */
export function pagingsOf({ paging }: MachineSpec): readonly ('shadow' | 'ept')[] {
  return paging === null ? ['shadow', 'ept'] : [paging];
}
