import { PLAIN_VALUES, type Root, type Value } from './values.js';

/** A lane's value at some moment, and since when it has had it. */
export interface Standing {
  readonly code: number;
  readonly value: Value;
  readonly since: number;
}

/** A mark, or a change of a lane, that has another value from a `seq` on. */
export interface Happening {
  seq: number;
  code: number;
  /** The root that a slot holds from then on; null for none, and for all but slots. */
  root: Root | null;
  /** Number of the value of another lane; the rule of a violation. */
  number: number;
  /** Number of the end of the value before. */
  end: number;
  /** The root before, whose fate only the end of the command tells. */
  was: Root | null;
}

/**
 * The happenings of one command, in the order of `seq`. A list serves one command after the other,
 * and its items with it, because they would be the most of all that following a command allocates.
 */
export class Happenings {
  readonly #items: Happening[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The values behind them, if they are all that ever happened and no mark is among them. */
  get standing(): Standing[] {
    return this.#items.slice(0, this.#count).flatMap(({ seq: since, code, root, number }) => {
      const value = root ?? PLAIN_VALUES[number - 1] ?? null;
      return value === null ? [] : [{ code, value, since }];
    });
  }

  at(place: number): Happening {
    return this.#items[place] as Happening;
  }

  clear(): void {
    this.#count = 0;
  }

  /**
   * Notes a mark, or the change of a lane that is no slot.
   *
   * @param number Number of the new value; the rule of a violation.
   */
  add(seq: number, code: number, number = 0): void {
    const item = this.#insert(seq, code);
    item.root = null;
    item.number = number;
    item.end = 0;
  }

  /** Notes that a slot holds another root. @param end Number of the end of the root before. */
  addRoot(seq: number, code: number, root: Root | null, end: number): Happening {
    const item = this.#insert(seq, code);
    item.root = root;
    item.number = 0;
    item.end = end;
    return item;
  }

  /** Makes room behind all of a `seq` or lower ones: nearly always at the end. */
  #insert(seq: number, code: number): Happening {
    const items = this.#items;
    let place = this.#count;
    let item = items[place];
    if (item === undefined) {
      item = { seq, code, root: null, number: 0, end: 0, was: null };
      items.push(item);
    }
    item.seq = seq;
    item.code = code;
    item.was = null;
    this.#count += 1;
    for (; place > 0; place -= 1) {
      const before = items[place - 1] as Happening;
      if (before.seq <= seq) break;
      items[place] = before;
    }
    items[place] = item;
    return item;
  }
}
