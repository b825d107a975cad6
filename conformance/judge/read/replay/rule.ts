import { Unreadable } from '../../attempt/unreadable.js';
import type { ReplayDraft } from './draft.js';
import type { Space } from './layout.js';

/** A sentence of a clause, and what happens then. The first rule that fits is taken. */
export type Rule = readonly [RegExp, (draft: ReplayDraft, found: readonly string[]) => void];

/** An address space as cases call it; without a name, the first. */
export function spaceNamed(name: string | undefined): Space {
  if (name === undefined || name === 'A' || name === 'c1') return 'a';
  if (name === 'B' || name === 'c2') return 'b';
  throw new Unreadable(`address space "${name}"`);
}

/** An EPTP as cases call it. */
export function eptpNamed(name: string | undefined): Space {
  return name === 'b' ? 'b' : 'a';
}
