const BYTES_AT_FIRST = 256;

/** Values of one byte of a number, whose top bit tells that more follow. */
const BITS = 128;

/** Bytes that a number takes at most: one up to 2^53, of seven bits a byte. */
const NUMBER_BYTES_MAX = 8;

/** Bytes that are written one after the other. It serves one text after the other. */
export class PackedBytes {
  #bytes = new Uint8Array(BYTES_AT_FIRST);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Takes back all from a place on. */
  cutAt(place: number): void {
    this.#length = place;
  }

  /** Adds a whole number from 0, seven bits a byte, the low ones first. */
  addNumber(value: number): void {
    this.#makeRoom(NUMBER_BYTES_MAX);
    let rest = value;
    let place = this.#length;
    while (rest >= BITS) {
      this.#bytes[place] = (rest % BITS) + BITS;
      place += 1;
      rest = Math.floor(rest / BITS);
    }
    this.#bytes[place] = rest;
    this.#length = place + 1;
  }

  addBytes(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The bytes so far, after which it begins anew. */
  finish(): Uint8Array {
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return bytes;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Reads what {@link PackedBytes} has written. */
export class PackedReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  takeNumber(): number {
    let value = 0;
    for (let scale = 1; ; scale *= BITS) {
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      value += (byte % BITS) * scale;
      if (byte < BITS) return value;
    }
  }

  takeBytes(count: number): Uint8Array {
    const bytes = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    return bytes;
  }
}
