import { Pairs } from './pairs.js';
import type { Tuple } from './tuple.js';

/** The parent of every first node. */
const NOBODY = 2 ** 32 - 1;
const FIRST_NODES = 1 << 8;

/**
 * Results by the parts of a state on which they turn, and by no others. Whoever works a result out
 * asks for one part after the other, and which one is next turns on those before: so it is a tree,
 * in which a node names the next part, and its children are by the name of what stands there.
 */
export class Memo {
  readonly #nodes = new Pairs();
  /** At each node the place of the next part plus one, or -1 less a result; 0 is nothing yet. */
  #marks = new Int32Array(FIRST_NODES);

  get bytes(): number {
    return this.#nodes.bytes + this.#marks.byteLength;
  }

  /** @returns The result of a question for a state; -1 if there is none yet. */
  find(question: number, tuple: Tuple): number {
    let node = this.#nodes.find(NOBODY, question);
    while (node !== -1) {
      const mark = this.#marks[node] as number;
      if (mark <= 0) return -1 - mark;
      node = this.#nodes.find(node, tuple[mark - 1] as number);
    }
    return -1;
  }

  /**
   * Keeps a result that was not found.
   *
   * @param asked Places of the parts on which it turns.
   */
  keep(question: number, asked: readonly number[], tuple: Tuple, result: number): void {
    const left = new Set(asked);
    let node = this.#intern(NOBODY, question);
    for (;;) {
      const [next] = left;
      if (this.#marks[node] === 0) this.#marks[node] = next === undefined ? -1 - result : next + 1;
      const mark = this.#marks[node] as number;
      if (mark < 0) return;
      left.delete(mark - 1);
      node = this.#intern(node, tuple[mark - 1] as number);
    }
  }

  #intern(node: number, name: number): number {
    const child = this.#nodes.intern(node, name);
    if (child >= this.#marks.length) {
      const larger = new Int32Array(2 * this.#marks.length);
      larger.set(this.#marks);
      this.#marks = larger;
    }
    return child;
  }
}
