import { type Chunk, createChunk, isCheckpoint, isOpen, type PastChunk } from './chunk.js';
import { Chunks } from './chunks.js';
import type { CommandPacker } from './command-packer.js';
import type { Deriver, History } from './derived-chunks.js';
import type { HistoryBudget } from './history-budget.js';
import { packedWeight } from './packed-weight.js';
import { Packing } from './packing.js';
import type { Checkpoint, EventRecord, HistoryRecord, StateScale } from './record.js';
import { RingReaders } from './ring-readers.js';
import { spacingOf } from './spacing.js';
import { StateWeights } from './state-weights.js';

/** Records of a full chunk; the events of its last command are kept with it. */
const CHUNK_RECORDS = 256;

/** Records of a chunk at most: a command with more events is split, and never packed. */
const CHUNK_RECORDS_MAX = 16 * CHUNK_RECORDS;

const NO_EVENTS: readonly EventRecord[] = [];

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
  readonly #packing: Packing<State>;

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
    this.#packing = new Packing({ chunks: this.#chunks, states: this.#states, budget });
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

  /**
   * Keeps a record, whose `seq` must be one above `head`.
   *
   * @param events Events of a command, which follow it in order.
   */
  append(record: HistoryRecord<State>, events: readonly EventRecord[] = NO_EVENTS): void {
    let chunk = this.#open() ?? this.#begin(record.seq);
    let added = 1;
    chunk.begins.push(chunk.length);
    chunk.records?.push(record);
    for (const event of events) {
      if (chunk.length + added >= CHUNK_RECORDS_MAX) {
        this.#count(chunk, added);
        chunk = this.#begin(event.seq);
        added = 0;
      }
      chunk.records?.push(event);
      added += 1;
    }
    this.#count(chunk, added);
    if (record.type === 'rewound') this.#states.keep(chunk, record.state);
    while (this.#records > this.#recordsMax) this.#forgetOldest();
    this.#packing.pack();
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
      this.#packing.tookUp();
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

  #begin(firstSeq: number): Chunk<State> {
    const chunk = createChunk(firstSeq, this.#nextAnchor, () => this.#shift());
    this.#chunks.list.push(chunk);
    this.#budget.enlist(chunk);
    this.#nextAnchor = null;
    return chunk;
  }

  /** Counts records that were added to a chunk. */
  #count(chunk: Chunk<State>, added: number): void {
    const isFirst = chunk.length === 0;
    chunk.length += added;
    this.#head += added;
    this.#records += added;
    this.#packing.added(added);
    // Behind all counts, because the budget may drop this very chunk.
    this.#budget.charge(chunk, added);
    if (isFirst && isCheckpoint(chunk.anchor)) this.#states.keep(chunk, chunk.anchor.state);
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
    this.#packing.letGo(chunk);
    this.#states.forget(chunk);
    if (chunk.records !== null) this.forgot(chunk.records);
  }
}
