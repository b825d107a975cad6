/** Frames, or records from which they are to be written. */
export interface Sized {
  /** Bytes that it takes. */
  readonly size: number;
}

/** A piece as it was last weighed, and a call for its owner to forget it. */
interface Counted {
  bytes: number;
  readonly forget: () => void;
}

/** Bounds what is kept for the readers of all streams together: the oldest goes first. */
export class FrameBudget {
  readonly #bytesMax: number;
  /** In the order in which they were begun. */
  readonly #pieces = new Map<Sized, Counted>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes that are kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  enlist(piece: Sized, forget: () => void): void {
    this.#pieces.set(piece, { bytes: 0, forget });
    this.weigh(piece);
  }

  /** Counts what a piece takes now, and drops the oldest pieces, even this one, over the bound. */
  weigh(piece: Sized): void {
    const counted = this.#pieces.get(piece);
    if (counted === undefined) return;
    this.#bytes += piece.size - counted.bytes;
    counted.bytes = piece.size;
    for (const [oldest, { forget }] of this.#pieces) {
      if (this.#bytes <= this.#bytesMax) return;
      this.dismiss(oldest);
      forget();
    }
  }

  /** Counts a piece no longer. */
  dismiss(piece: Sized): void {
    const counted = this.#pieces.get(piece);
    if (counted === undefined) return;
    this.#pieces.delete(piece);
    this.#bytes -= counted.bytes;
  }
}
