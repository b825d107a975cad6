import type { Framing } from './framing.js';

/** Bytes of the first buffer of a chunk, and what a frame takes about. */
const FIRST_BYTES_MIN = 1024;
const FRAME_BYTES = 192;

/** A part of a chunk, as one reader takes it. */
export interface Part {
  /** Whole frames; null if the filter left all of them out. Shared: never changed. */
  readonly bytes: Buffer | null;
  /** `seq` up to which records are in it or left out. */
  readonly seq: number;
  /** `seq` of its last frame; without any, that of the record before it. */
  readonly shown: number;
}

/** Frames of records that follow each other, joined as bytes for all readers that want the same. */
export class FrameChunk {
  /** `seq` of the record before its first one. */
  readonly after: number;
  readonly #framing: Framing;
  #bytes: Buffer;
  #used = 0;
  /** Offset behind each record's frame; for one that was left out, that of the record before it. */
  readonly #ends: number[] = [];
  #newest: { readonly after: number; readonly part: Part } | null = null;

  /** @param records Records that are to be expected at first. */
  constructor(framing: Framing, { after, records }: { after: number; records: number }) {
    this.after = after;
    this.#framing = framing;
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES_MIN, records * FRAME_BYTES));
  }

  /** `seq` of the newest record that is in it or left out. */
  get seq(): number {
    return this.after + this.#ends.length;
  }

  /** Bytes that it takes. */
  get size(): number {
    return this.#bytes.length;
  }

  /** Adds the frame of the next record; null leaves the record out. */
  add(text: string | null, place: number | null): void {
    if (text !== null) {
      const bytes = Buffer.byteLength(text);
      this.#makeRoom(bytes + this.#framing.marginBytesMax);
      this.#used = this.#framing.put({ text, bytes, place }, this.#bytes, this.#used);
    }
    this.#ends.push(this.#used);
  }

  /**
   * The frames behind a record that is in the chunk or comes right before it, of which the chunk
   * must have at least one.
   *
   * @param bytesMax Bytes of them; one frame is given however long it is.
   */
  part(after: number, bytesMax: number): Part {
    const newest = this.#newest;
    if (newest?.after === after && newest.part.seq === this.seq) {
      if ((newest.part.bytes?.length ?? 0) <= bytesMax) return newest.part;
    }
    const part = this.#cut(after, bytesMax);
    if (part.seq === this.seq) this.#newest = { after, part };
    return part;
  }

  #cut(after: number, bytesMax: number): Part {
    const first = after - this.after;
    const begin = this.#endOf(first - 1);
    let last = first;
    while (last + 1 < this.#ends.length && this.#fits(last, begin, bytesMax)) last += 1;
    let shown = last;
    while (shown >= first && this.#endOf(shown) === this.#endOf(shown - 1)) shown -= 1;
    const end = this.#endOf(last);
    return {
      bytes: end === begin ? null : this.#bytes.subarray(begin, end),
      seq: this.after + last + 1,
      shown: this.after + shown + 1,
    };
  }

  /** Whether the next record behind `last` may be taken as well. */
  #fits(last: number, begin: number, bytesMax: number): boolean {
    return this.#endOf(last) === begin || this.#endOf(last + 1) - begin <= bytesMax;
  }

  #endOf(index: number): number {
    return this.#ends[index] ?? 0;
  }

  /** Parts that were given out keep the old buffer; nothing in it changes any more. */
  #makeRoom(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#used);
    this.#bytes = larger;
  }
}
