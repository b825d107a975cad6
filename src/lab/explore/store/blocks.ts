const FIRST_BYTES = 1 << 16;
const FIRST_SLOTS = 1 << 8;

/** Strings of bytes, each kept once and named by a number from 0 on. */
export class Blocks {
  #bytes = new Uint8Array(FIRST_BYTES);
  #used = 0;
  /** Where each block begins, and where the last one ends. */
  readonly #starts = [0];
  /** Hash of each block. */
  readonly #hashes: number[] = [];
  /** Name of a block plus one, by its hash; 0 is an empty place. */
  #slots = new Uint32Array(FIRST_SLOTS);

  get count(): number {
    return this.#hashes.length;
  }

  get bytes(): number {
    return this.#bytes.byteLength + this.#slots.byteLength + 16 * this.#hashes.length;
  }

  /** @returns The name of the block. */
  intern(block: Uint8Array): number {
    const hash = hashOf(block);
    const slots = this.#slots;
    let slot = hash & (slots.length - 1);
    for (let found = slots[slot] as number; found !== 0; found = slots[slot] as number) {
      if (this.#hashes[found - 1] === hash && this.#is(found - 1, block)) return found - 1;
      slot = (slot + 1) & (slots.length - 1);
    }
    this.#append(block);
    this.#hashes.push(hash);
    slots[slot] = this.count;
    if (2 * this.count > slots.length) this.#grow();
    return this.count - 1;
  }

  /** The bytes of a block, to be read only. */
  get(name: number): Uint8Array {
    return this.#bytes.subarray(this.#starts[name], this.#starts[name + 1]);
  }

  #is(name: number, block: Uint8Array): boolean {
    const start = this.#starts[name] as number;
    if ((this.#starts[name + 1] as number) - start !== block.length) return false;
    const bytes = this.#bytes;
    for (let i = 0; i < block.length; i += 1) if (bytes[start + i] !== block[i]) return false;
    return true;
  }

  #append(block: Uint8Array): void {
    const end = this.#used + block.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, Math.ceil(this.#bytes.length * 1.5)));
      larger.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = larger;
    }
    this.#bytes.set(block, this.#used);
    this.#used = end;
    this.#starts.push(end);
  }

  #grow(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    for (const [name, hash] of this.#hashes.entries()) {
      let slot = hash & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = name + 1;
    }
    this.#slots = slots;
  }
}

function hashOf(block: Uint8Array): number {
  let hash = block.length;
  for (let i = 0; i < block.length; i += 1) {
    hash = Math.imul(hash ^ (block[i] as number), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
