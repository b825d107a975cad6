import type { Tuple } from './tuple.js';

/** The parent of every first node; no node has this number. */
const NOBODY = 2 ** 32 - 1;
const FIRST_SLOTS = 1 << 8;
/** Words of a node: its parent plus one, the name by which it is found there, itself, its mark. */
const WORDS = 4;
const WORDS_BITS = 2;

/**
 * Results by the parts of a state on which they turn, and by no others. Whoever works a result out
 * asks for one part after the other, and which one is next turns on those before: so it is a tree,
 * in which a node names the next part, and its children are by the name of what stands there.
 *
 * All nodes are in one table, by their parents and names: each step on the way is one look.
 */
export class Memo {
  /** The mark is the place of the next part plus one, or -1 less a result; 0 is nothing yet. */
  #table = new Int32Array(FIRST_SLOTS * WORDS);
  #count = 0;

  get bytes(): number {
    return this.#table.byteLength;
  }

  /** @returns The result of a question for a state; -1 if there is none yet. */
  find(question: number, tuple: Tuple): number {
    const table = this.#table;
    let at = this.#placeOf(NOBODY, question);
    for (;;) {
      const mark = table[at + 3] as number;
      if (mark <= 0) return -1 - mark;
      at = this.#placeOf(table[at + 2] as number, tuple[mark - 1] as number);
    }
  }

  /**
   * Keeps a result that was not found.
   *
   * @param asked Places of the parts on which it turns.
   */
  keep(question: number, asked: readonly number[], tuple: Tuple, result: number): void {
    const left = new Set(asked);
    let at = this.#intern(NOBODY, question);
    for (;;) {
      const [next] = left;
      if (this.#table[at + 3] === 0) {
        this.#table[at + 3] = next === undefined ? -1 - result : next + 1;
      }
      const mark = this.#table[at + 3] as number;
      if (mark < 0) return;
      left.delete(mark - 1);
      at = this.#intern(this.#table[at + 2] as number, tuple[mark - 1] as number);
    }
  }

  /** Where the node is that a name leads to, or the empty slot where it belongs. */
  #placeOf(parent: number, name: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    const [key, word] = [(parent + 1) | 0, name | 0];
    let at = (hashOf(parent, name) << WORDS_BITS) & mask;
    while (table[at + 2] !== 0 && (table[at] !== key || table[at + 1] !== word)) {
      at = (at + WORDS) & mask;
    }
    return at;
  }

  #intern(parent: number, name: number): number {
    const at = this.#placeOf(parent, name);
    const table = this.#table;
    if (table[at + 2] !== 0) return at;
    this.#count += 1;
    // Nodes are numbered from 1 on: 0 is an empty slot.
    table.set([(parent + 1) | 0, name | 0, this.#count], at);
    if (2 * WORDS * this.#count <= table.length) return at;
    this.#grow();
    return this.#placeOf(parent, name);
  }

  #grow(): void {
    const old = this.#table;
    this.#table = new Int32Array(2 * old.length);
    for (let from = 0; from < old.length; from += WORDS) {
      if (old[from + 2] === 0) continue;
      const to = this.#placeOf((old[from] as number) - 1, old[from + 1] as number);
      this.#table.set(old.subarray(from, from + WORDS), to);
    }
  }
}

function hashOf(left: number, right: number): number {
  let hash = Math.imul(left ^ 0x9e3779b9, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ right, 0xc2b2ae35);
  return hash ^ (hash >>> 13);
}
