const CHUNK_BITS = 12;
const CHUNK = 2 ** CHUNK_BITS;
const FIRST_SLOTS = 1 << 6;
/** Part of the table that may be full. */
const LOAD_MAX = 0.85;
/** Growth of the table. Less than doubling, so that less of it stands empty. */
const GROWTH = 1.35;

/**
 * Pairs of numbers below 2^32, each kept once and named by a number from 0 on, in the order in which
 * they first came. A pair takes eight bytes, and its place in the table four to six.
 */
export class Pairs {
  readonly #chunks: Uint32Array[] = [];
  /** Name of a pair plus one, by its hash; 0 is an empty place. */
  #slots = new Uint32Array(FIRST_SLOTS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Bytes that are taken, those of empty places included. */
  get bytes(): number {
    return this.#slots.byteLength + this.#chunks.length * CHUNK * 8;
  }

  /** @returns The name of the pair; it is a new one if that was {@link count}. */
  intern(left: number, right: number): number {
    const slot = this.#slotOf(left, right);
    const found = this.#slots[slot] as number;
    if (found !== 0) return found - 1;
    const name = this.#count;
    this.#append(left, right);
    this.#slots[slot] = name + 1;
    if (this.#count > this.#slots.length * LOAD_MAX) this.#grow();
    return name;
  }

  /** The name of a pair; -1 if there is no such. */
  find(left: number, right: number): number {
    return (this.#slots[this.#slotOf(left, right)] as number) - 1;
  }

  /** The place of a pair in the table, or the empty one where it belongs. */
  #slotOf(left: number, right: number): number {
    const slots = this.#slots;
    let slot = slotOf(left, right, slots.length);
    for (let found = slots[slot] as number; found !== 0; found = slots[slot] as number) {
      const chunk = this.#chunks[(found - 1) >>> CHUNK_BITS] as Uint32Array;
      const at = 2 * ((found - 1) & (CHUNK - 1));
      if (chunk[at] === left && chunk[at + 1] === right) break;
      slot = slot + 1 === slots.length ? 0 : slot + 1;
    }
    return slot;
  }

  left(name: number): number {
    const chunk = this.#chunks[name >>> CHUNK_BITS] as Uint32Array;
    return chunk[2 * (name & (CHUNK - 1))] as number;
  }

  right(name: number): number {
    const chunk = this.#chunks[name >>> CHUNK_BITS] as Uint32Array;
    return chunk[2 * (name & (CHUNK - 1)) + 1] as number;
  }

  /**
   * Puts another pair in the place of each, in place: names stay.
   *
   * @param other Gives different pairs for different ones.
   */
  replace(other: (left: number, right: number) => readonly [left: number, right: number]): void {
    for (let name = 0; name < this.#count; name += 1) {
      const chunk = this.#chunks[name >>> CHUNK_BITS] as Uint32Array;
      chunk.set(other(this.left(name), this.right(name)), 2 * (name & (CHUNK - 1)));
    }
    this.#slots.fill(0);
    this.#fill(this.#slots);
  }

  #append(left: number, right: number): void {
    const place = this.#count & (CHUNK - 1);
    if (place === 0) this.#chunks.push(new Uint32Array(2 * CHUNK));
    const chunk = this.#chunks[this.#chunks.length - 1] as Uint32Array;
    chunk[2 * place] = left;
    chunk[2 * place + 1] = right;
    this.#count += 1;
  }

  #grow(): void {
    const slots = new Uint32Array(Math.ceil(this.#slots.length * GROWTH));
    this.#fill(slots);
    this.#slots = slots;
  }

  #fill(slots: Uint32Array): void {
    for (let name = 0; name < this.#count; name += 1) {
      let slot = slotOf(this.left(name), this.right(name), slots.length);
      while (slots[slot] !== 0) slot = slot + 1 === slots.length ? 0 : slot + 1;
      slots[slot] = name + 1;
    }
  }
}

/** A place in a table of any size: the upper bits of a product, as they are the best mixed. */
function slotOf(left: number, right: number, length: number): number {
  let hash = Math.imul(left ^ 0x9e3779b9, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ right, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 13), 0x27d4eb2f);
  return Math.floor((((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * length);
}
