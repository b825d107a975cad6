import { kindOf } from '../conditions/filter.js';
import type { FrameKind } from '../wire/frames.js';
import type { FrameLog } from './frame-log.js';

/** Records that are counted in one piece. */
const PIECE_RECORDS = 4096;

/** Counts of what a reader without room misses, which are no queue. */
export class Recap {
  readonly from: number;
  readonly counts: Partial<Record<FrameKind, number>> = {};
  /** Records that were no longer kept to be counted. */
  lost = 0;
  #seq: number;

  /** @param after `seq` of the last record that the reader was told of. */
  constructor(after: number) {
    this.from = after + 1;
    this.#seq = after;
  }

  /** `seq` of the last record that is counted or lost. */
  get seq(): number {
    return this.#seq;
  }

  /** Counts some of the records up to `head`. */
  count(log: FrameLog, head: number): void {
    const through = Math.min(head, this.#seq + PIECE_RECORDS);
    while (this.#seq < through) {
      this.#seq = log.look(this.#seq, through, (record) => {
        const kind = kindOf(record);
        this.counts[kind] = (this.counts[kind] ?? 0) + 1;
      });
      if (this.#seq === through) return;
      const kept = Math.min(through + 1, log.nextKept(this.#seq));
      this.lost += kept - 1 - this.#seq;
      this.#seq = kept - 1;
    }
  }
}
