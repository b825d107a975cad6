import { type End, endOf } from './ends.js';
import { VALUE_BITS } from './segment.js';
import type { BusySpan } from './timeline.js';
import type { Value } from './values.js';

/** A stretch in which a lane had one value. */
export interface Stretch {
  readonly value: Value;
  readonly from: number;
  readonly to: number | null;
  readonly ended: End | null;
}

/** Changes of a lane in one stretch of a story, which lie in one bucket. */
export interface Changes {
  readonly count: number;
  readonly first: number;
  readonly last: number;
  /** The second number of the first of them, which says how the value before ended. */
  readonly firstWord: number;
  /** The value behind the last one. */
  readonly value: Value | null;
}

/**
 * Draws one lane of a window. A bucket with one change shows the stretches on both sides of it as
 * they are; more changes in one bucket make it busy.
 */
export class LanePainter {
  readonly stretches: Stretch[] = [];
  readonly busy: BusySpan[] = [];
  readonly #bucketSize: number;
  #value: Value | null;
  #since: number;
  #bucket = -1;
  /** The changes in the present bucket; null if there was none. */
  #held: Changes | null = null;

  /** @param standing The value at the beginning of the window, and since when. */
  constructor(bucketSize: number, standing: { readonly value: Value | null; since: number }) {
    this.#bucketSize = bucketSize;
    this.#value = standing.value;
    this.#since = standing.since;
  }

  take(changes: Changes): void {
    const bucket = Math.floor(changes.first / this.#bucketSize);
    const held = this.#held;
    if (held === null || bucket !== this.#bucket) {
      this.#flush();
      this.#bucket = bucket;
      this.#held = changes;
      return;
    }
    const { last, value } = changes;
    this.#held = { ...held, count: held.count + changes.count, last, value };
  }

  /** Draws what stands at the end of the window. */
  end(): void {
    this.#flush();
    if (this.#value === null) return;
    this.stretches.push({ value: this.#value, from: this.#since, to: null, ended: null });
  }

  #flush(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    const { first, last, count } = held;
    const before = this.busy.at(-1);
    const isShort = first - this.#since < this.#bucketSize;
    if (count > 1 && isShort && before?.to === this.#since) {
      this.busy[this.busy.length - 1] = { ...before, to: first, count: before.count + 1 };
    } else this.#draw(first, endOf(held.firstWord >>> VALUE_BITS));
    if (count > 1) this.busy.push({ from: first, to: last, count: count - 1 });
    this.#value = held.value;
    this.#since = last;
  }

  #draw(to: number, ended: End | null): void {
    if (this.#value === null) return;
    this.stretches.push({ value: this.#value, from: this.#since, to, ended });
  }
}
