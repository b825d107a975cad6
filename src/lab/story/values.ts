import { isSameWord } from '../../mmu/index.js';
import type { MmuEvent, MmuEventOf } from '../../mmu/schema/index.js';
import type { Level } from './lanes.js';

type Word = MmuEventOf<'root-missed'>['pgd'];

/** A root as a slot holds it; never changed, and one object for all that are equal. */
export interface Root {
  readonly pgd: Word;
  readonly hpa: number;
  readonly marked: boolean;
}

/** The value of a lane: a root, who runs, or that a request is pending. */
export type Value = Root | Level | 'pending';

/** Roots that are remembered, so that those that are equal are one object. */
const ROOTS_REMEMBERED = 4096;

/** Gives one object for all equal roots, as long as it remembers them. */
export class Roots {
  readonly #unmarked = new Map<number, Root>();
  readonly #marked = new Map<number, Root>();

  of(pgd: Word, hpa: number, marked: boolean): Root {
    const known = marked ? this.#marked : this.#unmarked;
    const root = known.get(hpa);
    if (root !== undefined && isSameWord(root.pgd, pgd)) return root;
    if (known.size >= ROOTS_REMEMBERED) known.clear();
    const made = { pgd, hpa, marked };
    known.set(hpa, made);
    return made;
  }
}

/** Whether an event names a root. */
export function standsFor(event: MmuEvent, { pgd, hpa }: Root): boolean {
  if (!('hpa' in event) || event.hpa !== hpa) return false;
  return !('pgd' in event) || isSameWord(event.pgd, pgd);
}
