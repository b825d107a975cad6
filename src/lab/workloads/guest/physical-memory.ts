import { gfnToGpa, hex, wordToHex } from '../../../mmu/index.js';
import type { VmConfigInput } from '../../../mmu/schema/index.js';
import type { Word } from '../planned.js';
import { ZERO } from './instructions.js';

/** Eight bytes of guest memory: a frame, and which of its 512 words. */
export interface Place {
  readonly frame: number;
  readonly index: number;
}

/** A value and the place where it is stored. */
export interface Store extends Place {
  readonly value: Word;
}

/**
 * A guest's memory as its generator knows it: what was stored, and which frames are free.
 *
 * Frames are given out newest freed first, as Linux's per-CPU lists do, so that what was a page
 * table is soon something else. Pairs, which a PGD under PTI takes, are kept apart.
 *
 * @see Linux `free_unref_page()`, mm/page_alloc.c
 */
export class PhysicalMemory {
  readonly #frames = new Map<number, Map<number, Word>>();
  readonly #free: number[] = [];
  readonly #freePairs: number[] = [];
  readonly #end: number;
  #next: number;

  /** @param range Frames that may be given out: from `first`, below `end`. */
  constructor({ first, end }: { first: number; end: number }) {
    this.#next = first;
    this.#end = end;
  }

  wordAt({ frame, index }: Place): Word {
    return this.#frames.get(frame)?.get(index) ?? ZERO;
  }

  store({ frame, index, value }: Store): void {
    const isZero = value.page === 0 && value.low === 0;
    let words = this.#frames.get(frame);
    if (words === undefined) {
      if (isZero) return;
      words = new Map();
      this.#frames.set(frame, words);
    }
    if (isZero) words.delete(index);
    else words.set(index, value);
  }

  /** Words of a frame that are not zero. */
  indicesIn(frame: number): number[] {
    return [...(this.#frames.get(frame)?.keys() ?? [])];
  }

  /** @throws {RangeError} If no frame is left: the workload's bounds are wrong. */
  allocate(): number {
    return this.#free.pop() ?? this.#take(1);
  }

  /** @returns The even one of two frames beside each other. */
  allocatePair(): number {
    const free = this.#freePairs.pop();
    if (free !== undefined) return free;
    if (this.#next % 2 === 1) this.#free.unshift(this.#take(1));
    return this.#take(2);
  }

  free(frame: number): void {
    this.#free.push(frame);
  }

  freePair(frame: number): void {
    this.#freePairs.push(frame);
  }

  /** Every word that is not zero, as the configuration of a VM. */
  config(): NonNullable<VmConfigInput['memory']> {
    const words = [...this.#frames].flatMap(([frame, content]) =>
      [...content].map(([index, value]) => ({
        gpa: hex(gfnToGpa(frame) + index * 8),
        value: wordToHex(value),
      })),
    );
    return { words };
  }

  #take(count: number): number {
    const frame = this.#next;
    if (frame + count > this.#end) throw new RangeError(`Cannot allocate: ${this.#end} frames`);
    this.#next += count;
    return frame;
  }
}
