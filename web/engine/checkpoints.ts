import type { RequestsMade } from '../../src/journal/index.js';
import { bytesBeyond, type FrozenVm, freezeVm } from '../../src/mmu/index.js';
import type { Walker } from './walker.js';

/** Commands between two checkpoints at first. */
const SPACING = 128;

/** Checkpoints of a run at most, and bytes that their states take. */
const CHECKPOINTS_MAX = 4096;
const BYTES_MAX = 192 * 1024 * 1024;

/** A state between two commands, from which later ones are made. */
export interface Checkpoint {
  /** Commands that led to it. */
  readonly index: number;
  readonly state: FrozenVm;
  readonly made: RequestsMade;
}

/**
 * States at even distances along a run. When there are too many, every other one goes and the
 * distance doubles.
 */
export class Checkpoints {
  readonly #first: number;
  #kept: Checkpoint[] = [];
  #spacing = SPACING;
  #bytes = 0;

  /** @param first The beginning of the run. */
  constructor(first: Walker) {
    this.#first = first.index;
    this.offer(first);
  }

  /** Bytes that the states take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a state, if one is due there. */
  offer(walker: Walker): void {
    const { index, vm } = walker;
    if ((index - this.#first) % this.#spacing !== 0) return;
    const state = freezeVm(vm);
    this.#bytes += bytesOf(state, this.#kept.at(-1)?.state ?? null);
    this.#kept.push({ index, state, made: walker.requestsMade() });
    while (this.#kept.length > CHECKPOINTS_MAX || this.#bytes > BYTES_MAX) {
      if (!this.#thin()) break;
    }
  }

  /** The last checkpoint with at most `index` commands behind it. */
  before(index: number): Checkpoint {
    const due = Math.floor((index - this.#first) / this.#spacing);
    return this.#kept[Math.min(due, this.#kept.length - 1)] as Checkpoint;
  }

  /** @returns Whether there was one to let go. */
  #thin(): boolean {
    if (this.#kept.length < 3) return false;
    this.#spacing *= 2;
    this.#kept = this.#kept.filter(({ index }) => (index - this.#first) % this.#spacing === 0);
    this.#bytes = 0;
    let before: FrozenVm | null = null;
    for (const { state } of this.#kept) {
      this.#bytes += bytesOf(state, before);
      before = state;
    }
    return true;
  }
}

/** Bytes that a state takes and the one before it does not. */
function bytesOf(state: FrozenVm, before: FrozenVm | null): number {
  return state.rest.length + bytesBeyond(state, before);
}
