/** The bytes of a file, at any place; a file that ends sooner gives fewer. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

/** Unpacks one block; the edge brings them, because none is part of the language. */
export type Decompress = (packed: Uint8Array, unpackedBytes: number) => Uint8Array;

/** Algorithms by the names that trace-cmd writes. */
export type Decompressors = Readonly<Record<'zlib' | 'zstd', Decompress>>;

/** A file that is no trace.dat, or one that cannot be read. The message is a sentence's end. */
export class DatFlaw extends Error {
  override readonly name = 'DatFlaw';
}

/** Bytes of a section or a string at most: kallsyms of a big kernel has some 20 MB. */
const BLOCK_MAX = 2 ** 28;

/** Numbers of a block, one after the other, in the byte order of the file. */
export class Cursor {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #isLittle: boolean;
  at = 0;

  constructor(bytes: Uint8Array, isLittle: boolean) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#isLittle = isLittle;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  u8(): number {
    return this.#view.getUint8(this.#step(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#step(2), this.#isLittle);
  }

  u32(): number {
    return this.#view.getUint32(this.#step(4), this.#isLittle);
  }

  /** A size or an offset: exact below 2^53. */
  u64(): number {
    return u64At(this.#view, this.#step(8), this.#isLittle);
  }

  bytes(length: number): Uint8Array {
    const at = this.#step(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(length: number): string {
    return textOf(this.bytes(length));
  }

  /** Up to a zero byte. */
  string(): string {
    const end = this.#bytes.indexOf(0, this.at);
    if (end === -1) throw new DatFlaw('it breaks off within a string');
    const text = textOf(this.#bytes.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }

  #step(length: number): number {
    const at = this.at;
    if (length > this.left || length > BLOCK_MAX) throw new DatFlaw('it breaks off in its head');
    this.at += length;
    return at;
  }
}

/** An unsigned number of eight bytes: exact below 2^53. */
export function u64At(view: DataView, at: number, isLittle: boolean): number {
  const [first, second] = [view.getUint32(at, isLittle), view.getUint32(at + 4, isLittle)];
  return isLittle ? second * 2 ** 32 + first : first * 2 ** 32 + second;
}

/** Bytes as text, each a character. */
export function textOf(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += TEXT_PIECE) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + TEXT_PIECE)));
  }
  return parts.join('');
}

const TEXT_PIECE = 4096;
