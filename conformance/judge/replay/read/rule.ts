import { Unreadable } from '../../reading.js';
import type { Space } from './layout.js';
import type { Tale } from './tale.js';

/** What a clause may say, and what it does. The first rule that fits is taken. */
export type Rule = readonly [RegExp, (tale: Tale, found: readonly string[]) => void];

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
