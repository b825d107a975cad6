import { type Chunk, isCheckpoint, packChunk } from './chunk.js';
import type { Chunks } from './chunks.js';
import type { HistoryBudget } from './history-budget.js';
import { packedWeight } from './packed-weight.js';
import { bytesOf } from './record.js';
import { packedSpacing } from './spacing.js';
import type { StateWeights } from './state-weights.js';

/** Records that are kept as they are; older ones are packed, and made again when they are read. */
const RECORDS_UNPACKED = 8192;

interface Parts<State> {
  readonly chunks: Chunks<State>;
  readonly states: StateWeights<State>;
  readonly budget: HistoryBudget;
}

/** Packs the older chunks of a history, in their order. */
export class Packing<State> {
  readonly #chunks: Chunks<State>;
  readonly #states: StateWeights<State>;
  readonly #budget: HistoryBudget;
  /** Chunks at the front that have been packed, or could not be, and records of the others. */
  #passed = 0;
  #unpacked = 0;
  /** The newest packed chunk that has a checkpoint. */
  #packedCheckpoint: Chunk<State> | null = null;

  constructor({ chunks, states, budget }: Parts<State>) {
    this.#chunks = chunks;
    this.#states = states;
    this.#budget = budget;
  }

  /** A chunk was taken up that is packed already. */
  tookUp(): void {
    this.#passed += 1;
  }

  /** Records were added to the newest chunk. */
  added(records: number): void {
    this.#unpacked += records;
  }

  /** The oldest chunk is gone. */
  letGo({ length }: Chunk<State>): void {
    if (this.#passed > 0) this.#passed -= 1;
    else this.#unpacked -= length;
  }

  /** Packs as many of the oldest chunks as it takes to leave few enough records as they are. */
  pack(): void {
    if (!this.#chunks.canPack) return;
    while (this.#unpacked > RECORDS_UNPACKED && this.#passed < this.#chunks.list.length - 1) {
      const chunk = this.#chunks.list[this.#passed] as Chunk<State>;
      this.#passed += 1;
      this.#unpacked -= chunk.length;
      this.#packOne(chunk);
    }
  }

  /** Packs a chunk, unless its records need what is gone. */
  #packOne(chunk: Chunk<State>): void {
    if (chunk.anchor === null || chunk.records?.[0]?.type === 'event') return;
    packChunk(chunk, this.#chunks.packer);
    this.#thinCheckpoints(chunk);
    this.#budget.charge(chunk, chunk.stateWeight + packedWeight(chunk) - chunk.weight);
  }

  /** A packed chunk keeps its checkpoint only if the one before is far enough behind. */
  #thinCheckpoints(chunk: Chunk<State>): void {
    const { anchor, stateWeight, firstSeq } = chunk;
    if (!isCheckpoint(anchor)) return;
    const before = this.#packedCheckpoint;
    const spacing = packedSpacing(bytesOf(stateWeight));
    if (before === null || before.isForgotten || firstSeq - before.firstSeq >= spacing) {
      this.#packedCheckpoint = chunk;
      return;
    }
    this.#states.release(chunk, { before, behind: this.#nextCheckpoint() });
    chunk.anchor = 'older';
  }

  /** The first chunk behind the packed ones that has a checkpoint. */
  #nextCheckpoint(): Chunk<State> | null {
    const { list } = this.#chunks;
    for (let i = this.#passed; i < list.length; i += 1) {
      const chunk = list[i] as Chunk<State>;
      if (isCheckpoint(chunk.anchor)) return chunk;
    }
    return null;
  }
}
