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

/** An access of L2, and whose page it is of by L2's own tables. */
export interface L2Access {
  readonly kind: AccessKind;
  readonly isOfUser: boolean;
  /** At CPL 3. */
  readonly user: boolean;
  readonly label: string;
}

/**
 * The accesses of L2 that a case names. `exec_user` is a fetch from a page of the user, whatever the
 * privilege level.
 *
 * @throws {Unreadable} If one of them is none of the known.
 */
export function l2AccessesOf(value: unknown): readonly L2Access[] {
  return textOf(value)
    .split('|')
    .flatMap((word): L2Access[] =>
      word === 'exec_user'
        ? [false, true].map((user) => ({
            ...({ kind: 'execute', isOfUser: true, user } as const),
            label: `${word} at CPL ${user ? 3 : 0}`,
          }))
        : kindsOf(word).map((kind) => ({ kind, isOfUser: false, user: false, label: kind })),
    );
}

/** Pagings of a guest on its own: a case must be right under both, unless it names one. */
export function pagingsOf({ paging }: MachineSpec): readonly ('shadow' | 'ept')[] {
  return paging === null ? ['shadow', 'ept'] : [paging];
}
