import { isSameWord } from '../../mmu/index.js';
import type { MmuEvent, MmuEventOf } from '../../mmu/schema/index.js';
import { LEVELS, type Level } from './lanes.js';

type Word = MmuEventOf<'root-missed'>['pgd'];

/** A root as a slot holds it. */
export interface Root {
  readonly pgd: Word;
  readonly hpa: number;
  readonly marked: boolean;
  /** Start of the newest segment that has a number for it, and that number. */
  numberedAt: number;
  number: number;
}

/** The value of a lane: a root, who runs, or that a request is pending. */
export type Value = Root | Level | 'pending';

/** The values that are no roots, whose numbers from 1 are the same in every segment. */
export const PLAIN_VALUES: readonly Exclude<Value, Root>[] = [...LEVELS, 'pending'];

/** Roots that are remembered, so that equal ones mostly are one object. */
const ROOTS_REMEMBERED = 4096;

/** Whether two slots hold the same root as it is marked, or none. */
export function isSameRoot(one: Root | null, other: Root | null): boolean {
  if (one === other) return true;
  if (one === null || other === null) return false;
  return one.hpa === other.hpa && one.marked === other.marked && isSameWord(one.pgd, other.pgd);
}

/** Gives the object that stands for a root, to save the room of others. */
export class Roots {
  readonly #unmarked = new Map<number, Root>();
  readonly #marked = new Map<number, Root>();

  of(pgd: Word, hpa: number, marked: boolean): Root {
    const known = marked ? this.#marked : this.#unmarked;
    const root = known.get(hpa);
    if (root !== undefined && isSameWord(root.pgd, pgd)) return root;
    if (known.size >= ROOTS_REMEMBERED) known.clear();
    const made = { pgd, hpa, marked, numberedAt: -1, number: 0 };
    known.set(hpa, made);
    return made;
  }
}

/** Whether an event names a root. */
export function standsFor(event: MmuEvent, { pgd, hpa }: Root): boolean {
  if (!('hpa' in event) || event.hpa !== hpa) return false;
  return !('pgd' in event) || isSameWord(event.pgd, pgd);
}
