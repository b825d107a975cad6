import {
  type Chunk,
  createChunk,
  isCheckpoint,
  isOpen,
  type PastChunk,
  packChunk,
} from './chunk.js';
import { Chunks } from './chunks.js';
import type { CommandPacker } from './command-packer.js';
import type { Deriver, History } from './derived-chunks.js';
import type { HistoryBudget } from './history-budget.js';
import { packedWeight } from './packed-weight.js';
import { bytesOf, type Checkpoint, type HistoryRecord, type StateScale } from './record.js';
import { RingReaders } from './ring-readers.js';
import { packedSpacing, spacingOf } from './spacing.js';
import { StateWeights } from './state-weights.js';

/** Records of a full chunk; the events of its last command are kept with it. */
const CHUNK_RECORDS = 256;

/** Records of a chunk at most: a command with more events is split, and never packed. */
const CHUNK_RECORDS_MAX = 16 * CHUNK_RECORDS;

/** Records that are kept as they are; older ones are packed, and made again when they are read. */
const RECORDS_UNPACKED = 8192;

/**
 * The history of one VM: its newest records as they are, and of older ones the commands, from which
 * the same records are made again.
 *
 * Sequence numbers start at 1, rise by 1 and never repeat. Nothing is allocated before the first
 * record, because most VMs of a large fleet are idle.
 */
export class EventRing<State = unknown> extends RingReaders {
  readonly #budget: HistoryBudget;
  readonly #recordsMax: number;
  readonly #chunks: Chunks<State>;
  #head = 0;
  #records = 0;
  /** Anchor of the chunk that begins next. */
  #nextAnchor: Checkpoint<State> | 'older' | null = null;
  readonly #states: StateWeights<State>;
  /** Chunks at the front that have been packed, or could not be, and records of the others. */
  #passed = 0;
  #unpacked = 0;
  /** The newest packed chunk that has a checkpoint. */
  #packedCheckpoint: Chunk<State> | null = null;

  /**
   * @param recordsMax Records kept at most. Whole chunks are forgotten together with the chunks that
   *   depend on their checkpoints, so at times fewer are kept.
   * @param deriver Makes packed records again; without it, nothing is packed.
   */
  constructor(
    budget: HistoryBudget,
    recordsMax: number,
    scale: StateScale<State>,
    deriver: Deriver<State> | null = null,
  ) {
    super();
    this.#budget = budget;
    this.#recordsMax = recordsMax;
    this.#states = new StateWeights(budget, scale);
    this.#chunks = new Chunks(deriver);
  }

  /** The history as commands and checkpoints, from which states and records are made again. */
  get past(): History<State> {
    return this.#chunks;
  }

  /** `seq` of the newest record; 0 before the first. */
  get head(): number {
    return this.#head;
  }

  /** Packs the commands of this history. */
  get packer(): CommandPacker {
    return this.#chunks.packer;
  }

  /** The lowest `seq` that can be read; one above `head` if nothing is kept. */
  get oldest(): number {
    return this.#chunks.list[0]?.firstSeq ?? this.#head + 1;
  }

  /**
   * Whether the next records have an anchor: a checkpoint in their chunk, or an older one that is
   * kept as long as they are.
   */
  get isAnchored(): boolean {
    const newest = this.#open();
    return (newest === null ? this.#nextAnchor : newest.anchor) !== null;
  }

  /**
   * Whether a new checkpoint is due. Large states are kept less often, so that a checkpoint costs less
   * than the records since the last one.
   */
  get wantsCheckpoint(): boolean {
    const newest = this.#chunks.list.findLast(({ anchor }) => isCheckpoint(anchor))?.anchor;
    if (!isCheckpoint(newest)) return true;
    const spacing = spacingOf(this.#states.newestBytes, this.#recordsMax);
    return this.#head - newest.seq >= spacing;
  }

  /**
   * Anchors the next records. Must be called between two commands.
   *
   * @param anchor The present state, or `older` to depend on the checkpoint before. Without an
   *   anchor, records are kept but no state can be made from them.
   */
  anchor(anchor: Checkpoint<State> | 'older'): void {
    const newest = this.#open();
    if (newest === null) this.#nextAnchor = anchor;
    else {
      newest.anchor = anchor;
      if (isCheckpoint(anchor)) this.#states.keep(newest, anchor.state);
    }
  }

  /** The record with this `seq`, if it is kept. A packed one is made again, with its neighbours. */
  at(seq: number): HistoryRecord<State> | undefined {
    return this.#chunks.at(seq);
  }

  /** Keeps a record, whose `seq` must be one above `head`. */
  append(record: HistoryRecord<State>): void {
    this.#head += 1;
    const open = record.type === 'event' ? this.#ofCommand() : this.#open();
    const chunk = open ?? this.#begin();
    chunk.records?.push(record);
    chunk.length += 1;
    this.#records += 1;
    this.#unpacked += 1;
    // Last, because the budget may drop this very chunk.
    this.#budget.charge(chunk, 1);
    if (open === null && isCheckpoint(chunk.anchor)) this.#states.keep(chunk, chunk.anchor.state);
    if (record.type === 'rewound') this.#states.keep(chunk, record.state);
    if (this.#records > this.#recordsMax) this.#forgetOldest();
    if (this.#unpacked > RECORDS_UNPACKED && this.#chunks.canPack) this.#packOldest();
  }

  /**
   * Takes up a history that was packed before. Must be called before the first record.
   *
   * @param head `seq` of the newest record before the next one.
   */
  takeUp(past: Iterable<PastChunk<State>>, head: number): void {
    for (const { firstSeq, length, packed, checkpoint } of past) {
      const chunk = createChunk(firstSeq, checkpoint ?? 'older', () => this.#shift());
      Object.assign(chunk, { length, records: null, packed });
      this.#chunks.list.push(chunk);
      this.#budget.enlist(chunk);
      this.#records += length;
      this.#passed += 1;
      this.#budget.charge(chunk, packedWeight(chunk));
      if (checkpoint !== null) this.#states.keep(chunk, checkpoint.state);
    }
    this.#head = head;
  }

  /** Forgets everything, because the VM is deleted. */
  clear(): void {
    while (this.#chunks.list.length > 0) this.#forgetOldest();
  }

  /** The chunk that takes the next command; null if it has not begun. */
  #open(): Chunk<State> | null {
    const newest = this.#chunks.list[this.#chunks.list.length - 1];
    return isOpen(newest, CHUNK_RECORDS) ? newest : null;
  }

  /** The chunk that takes an event of the newest command. */
  #ofCommand(): Chunk<State> | null {
    const newest = this.#chunks.list[this.#chunks.list.length - 1];
    return isOpen(newest, CHUNK_RECORDS_MAX) ? newest : null;
  }

  #begin(): Chunk<State> {
    const chunk = createChunk(this.#head, this.#nextAnchor, () => this.#shift());
    this.#chunks.list.push(chunk);
    this.#budget.enlist(chunk);
    this.#nextAnchor = null;
    return chunk;
  }

  /** Packs the oldest chunk that was not, unless it is the newest or its records need what is gone. */
  #packOldest(): void {
    const chunk = this.#chunks.list[this.#passed];
    if (chunk === undefined || this.#passed >= this.#chunks.list.length - 1) return;
    this.#passed += 1;
    this.#unpacked -= chunk.length;
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

  #forgetOldest(): void {
    const oldest = this.#chunks.list[0];
    if (oldest === undefined) return;
    this.#budget.discharge(oldest);
    this.#shift();
  }

  /** Forgets the oldest chunk and all that depend on its checkpoint, which are of no use without. */
  #shift(): void {
    const oldest = this.#chunks.shift();
    if (oldest !== undefined) this.#letGo(oldest);
    const first = this.#chunks.list.find(({ anchor }) => anchor !== null);
    if (first?.anchor === 'older') this.#forgetOldest();
    if (first === undefined && this.#nextAnchor === 'older') this.#nextAnchor = null;
  }

  #letGo(chunk: Chunk<State>): void {
    chunk.isForgotten = true;
    this.#records -= chunk.length;
    if (this.#passed > 0) this.#passed -= 1;
    else this.#unpacked -= chunk.length;
    this.#states.forget(chunk);
    if (chunk.records !== null) this.forgot(chunk.records);
  }
}
