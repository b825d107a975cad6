/** Frames whose times are kept: of more, the last one stands for those behind it. */
const TOLD_MAX = 64;

/** Distance of a picture from what the server told of. */
export interface Lateness {
  readonly events: number;
  /** Milliseconds since the frame that told of the oldest event that is not drawn. */
  readonly ms: number;
}

/** Events that the server told of and the picture does not show. */
export class Undrawn {
  /** The newest `seq` that is known of. */
  #head = 0;
  /** The newest `seq` that is drawn; null before the first picture. */
  #drawn: number | null = null;
  /** From the oldest. */
  readonly #told: { seq: number; readonly atMs: number }[] = [];

  get head(): number {
    return this.#head;
  }

  /** Takes notice of the newest `seq`. */
  tell(head: number, atMs: number): void {
    if (head <= this.#head) return;
    this.#head = head;
    const last = this.#told.at(-1);
    if (last !== undefined && this.#told.length === TOLD_MAX) last.seq = head;
    else this.#told.push({ seq: head, atMs });
  }

  /** Takes notice of a picture that shows all up to `head`. */
  draw(head: number): void {
    this.#drawn = head;
    this.#head = Math.max(this.#head, head);
    const first = this.#told.findIndex(({ seq }) => seq > head);
    this.#told.splice(0, first < 0 ? this.#told.length : first);
  }

  late(nowMs: number): Lateness {
    const [oldest] = this.#told;
    if (this.#drawn === null || oldest === undefined) return { events: 0, ms: 0 };
    return { events: this.#head - this.#drawn, ms: nowMs - oldest.atMs };
  }
}
