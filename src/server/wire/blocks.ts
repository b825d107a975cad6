/** Bytes of a block of a long answer. */
const ROOM = 64 * 1024;

/** Characters that are encoded at a time. */
const PIECE = 4096;

/**
 * Collects text as bytes, in blocks that are put together once.
 *
 * JavaScript keeps a concatenated string as a tree of its pieces until it is read, and trees of a
 * million pieces keep the garbage collector busy. So text is encoded every few thousand characters,
 * and its pieces become garbage at once.
 */
export class Blocks {
  readonly #full: Buffer[] = [];
  #block = Buffer.alloc(0);
  #length = 0;
  #text = '';

  /** Adds text; says whether a piece is done, so that others may be served. */
  add(text: string): boolean {
    this.#text += text;
    if (this.#text.length < PIECE) return false;
    this.#encode();
    return true;
  }

  all(): Buffer {
    this.#encode();
    return Buffer.concat([...this.#full, this.#block.subarray(0, this.#length)]);
  }

  #encode(): void {
    // No character takes more than three bytes for its one or two units.
    const needed = this.#text.length * 3;
    if (this.#length + needed > this.#block.length) this.#begin(needed);
    this.#length += this.#block.write(this.#text, this.#length);
    this.#text = '';
  }

  /** Begins a block; the first one of a short answer is no larger than it has to be. */
  #begin(bytes: number): void {
    const isFirst = this.#block.length === 0;
    if (!isFirst) this.#full.push(this.#block.subarray(0, this.#length));
    this.#block = Buffer.allocUnsafe(isFirst ? bytes : Math.max(bytes, ROOM));
    this.#length = 0;
  }
}
