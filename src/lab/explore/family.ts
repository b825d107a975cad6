const FIRST_WORDS = 1 << 10;

/**
 * The tree of first discoveries, in two bits a state: states are expanded in the order in which they
 * were found, so that a one for each child and a zero for the end of each state's children say
 * which state found which.
 */
export class Family {
  #words = new Uint32Array(FIRST_WORDS);
  #bits = 0;

  get bytes(): number {
    return this.#words.byteLength;
  }

  /** The state that is being expanded has found a new one. */
  addChild(): void {
    this.#push(1);
  }

  /** The next state is expanded from now on. */
  closeParent(): void {
    this.#push(0);
  }

  /** The state that found another one first; null for those that the search began with. */
  parentOf(state: number, roots: number): number | null {
    let parent = 0;
    let child = roots - 1;
    for (let bit = 0; bit < this.#bits && child < state; bit += 1) {
      if (this.#at(bit) === 0) parent += 1;
      else child += 1;
    }
    return state < roots ? null : parent;
  }

  #at(bit: number): number {
    return ((this.#words[bit >>> 5] as number) >>> (bit & 31)) & 1;
  }

  #push(bit: number): void {
    const word = this.#bits >>> 5;
    if (word === this.#words.length) {
      const larger = new Uint32Array(2 * this.#words.length);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[word] = (this.#words[word] as number) | (bit << (this.#bits & 31));
    this.#bits += 1;
  }
}
