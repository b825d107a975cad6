const FIRST_NAMES = 16;

/** Names by names, both counted from 0 on. */
export class NameTable {
  /** Each plus one; 0 is not known. */
  #names = new Uint32Array(FIRST_NAMES);

  get bytes(): number {
    return this.#names.byteLength;
  }

  /** @returns -1 if it is not known. */
  get(name: number): number {
    return name < this.#names.length ? (this.#names[name] as number) - 1 : -1;
  }

  set(name: number, other: number): void {
    if (name >= this.#names.length) {
      const larger = new Uint32Array(Math.max(name + 1, 2 * this.#names.length));
      larger.set(this.#names);
      this.#names = larger;
    }
    this.#names[name] = other + 1;
  }
}
