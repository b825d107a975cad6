import type { Chunk, HistoryBudget } from './history-budget.js';
import { type Checkpoint, type HistoryRecord, stateWeight } from './record.js';

/** Records of a full chunk. */
const CHUNK_RECORDS = 256;

/** Bytes of a state that are written in about the time in which a command makes a record. */
const BYTES_A_RECORD = 128;

/** Records between two checkpoints of a small state. */
const CHECKPOINT_RECORDS_MIN = 512;

/** Share of a ring that may lean on one checkpoint, and so is forgotten with it. */
const CHECKPOINT_SHARE = 1 / 4;

/**
 * Keeps the newest records of one VM, so that a reader who lost its connection can resume.
 *
 * Sequence numbers start at 1, rise by 1 and never repeat. Nothing is allocated before the first
 * record, because most VMs of a large fleet are idle.
 */
export class EventRing {
  readonly #budget: HistoryBudget;
  readonly #recordsMax: number;
  #chunks: Chunk[] = [];
  #head = 0;
  #records = 0;
  #listeners: Set<() => void> | null = null;
  /** Anchor of the chunk that begins next. */
  #nextAnchor: Checkpoint | 'older' | null = null;

  /**
   * @param recordsMax Records kept. Whole chunks are forgotten, with what leans on their checkpoints,
   *   so up to a quarter fewer and a chunk may be.
   */
  constructor(budget: HistoryBudget, recordsMax: number) {
    this.#budget = budget;
    this.#recordsMax = recordsMax;
  }

  /** `seq` of the newest record, 0 before the first. */
  get head(): number {
    return this.#head;
  }

  /** The lowest `seq` that can be read; one above `head` if nothing is kept. */
  get oldest(): number {
    return this.#chunks[0]?.firstSeq ?? this.#head + 1;
  }

  /**
   * Whether the records that come next have an anchor: a checkpoint in their chunk, or an older one
   * that is kept as long as they are.
   */
  get isAnchored(): boolean {
    const newest = this.#open();
    return (newest === null ? this.#nextAnchor : newest.anchor) !== null;
  }

  /**
   * Whether a new checkpoint is worth its time: the larger a state, the rarer it is written, so that
   * the records in between cost more than it does. What leans on a checkpoint is forgotten with it.
   */
  get wantsCheckpoint(): boolean {
    const newest = this.#chunks.findLast(({ anchor }) => isCheckpoint(anchor))?.anchor;
    if (!isCheckpoint(newest)) return true;
    const worth = Math.max((newest.state?.length ?? 0) / BYTES_A_RECORD, CHECKPOINT_RECORDS_MIN);
    const spacing = Math.min(worth, this.#recordsMax * CHECKPOINT_SHARE);
    return this.#head - newest.seq >= spacing;
  }

  /**
   * Anchors the records that come next, between two commands.
   *
   * @param anchor The state as it is now, or `older`: the checkpoint before will do. Without any,
   *   records are kept but no state can be made from them.
   */
  anchor(anchor: Checkpoint | 'older'): void {
    const newest = this.#open();
    if (newest === null) this.#nextAnchor = anchor;
    else {
      newest.anchor = anchor;
      this.#budget.charge(newest, anchorWeight(anchor));
    }
  }

  /**
   * The newest checkpoint from which the state at `seq` can be made. Before the first one kept, no
   * command lies between: its state is that of every earlier `seq` from `oldest - 1` on.
   */
  checkpointFor(seq: number): Checkpoint | null {
    if (seq < this.oldest - 1) return null;
    let first: Checkpoint | null = null;
    for (let i = this.#chunks.length - 1; i >= 0; i -= 1) {
      const { anchor } = this.#chunks[i] as Chunk;
      if (!isCheckpoint(anchor)) continue;
      if (anchor.seq <= seq) return anchor;
      first = anchor;
    }
    return first;
  }

  /** Keeps a record, whose `seq` must be one above `head`. */
  append(record: HistoryRecord): void {
    this.#head += 1;
    let weight = record.type === 'rewound' ? 1 + stateWeight(record.state) : 1;
    let chunk = this.#open();
    if (chunk === null) {
      chunk = this.#begin();
      weight += anchorWeight(chunk.anchor);
    }
    chunk.records.push(record);
    this.#records += 1;
    // Last, because the chunk itself may have to go.
    this.#budget.charge(chunk, weight);
    if (this.#records > this.#recordsMax) this.#forgetOldest();
  }

  /** The record with this `seq`, if it is kept. */
  at(seq: number): HistoryRecord | undefined {
    const first = this.#chunks[0];
    if (first === undefined || seq < first.firstSeq) return undefined;
    const index = seq - first.firstSeq;
    const chunk = this.#chunks[Math.floor(index / CHUNK_RECORDS)];
    return chunk?.records[index % CHUNK_RECORDS];
  }

  /** @returns What stops the listening. */
  listen(listener: () => void): () => void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }

  /** Tells the listeners that there is more to read: once for many records, to save calls. */
  notify(): void {
    if (this.#listeners === null) return;
    for (const listener of this.#listeners) listener();
  }

  /** Forgets everything: the VM is gone. */
  clear(): void {
    while (this.#chunks.length > 0) this.#forgetOldest();
  }

  /** The chunk that takes the next record, if it has begun. */
  #open(): Chunk | null {
    const newest = this.#chunks[this.#chunks.length - 1];
    return newest === undefined || newest.records.length === CHUNK_RECORDS ? null : newest;
  }

  #begin(): Chunk {
    const chunk: Chunk = {
      firstSeq: this.#head,
      records: [],
      anchor: this.#nextAnchor,
      weight: 0,
      drop: () => this.#shift(),
      older: null,
      newer: null,
    };
    this.#chunks.push(chunk);
    this.#budget.enlist(chunk);
    this.#nextAnchor = null;
    return chunk;
  }

  #forgetOldest(): void {
    const oldest = this.#chunks[0];
    if (oldest === undefined) return;
    this.#budget.discharge(oldest);
    this.#shift();
  }

  /** What leans on a checkpoint goes with it, so that a state can be made at all that is kept. */
  #shift(): void {
    const oldest = this.#chunks.shift();
    if (oldest !== undefined) this.#records -= oldest.records.length;
    const first = this.#chunks.find(({ anchor }) => anchor !== null);
    if (first?.anchor === 'older') this.#forgetOldest();
    if (first === undefined && this.#nextAnchor === 'older') this.#nextAnchor = null;
  }
}

function isCheckpoint(anchor: Chunk['anchor'] | undefined): anchor is Checkpoint {
  return typeof anchor === 'object' && anchor !== null;
}

function anchorWeight(anchor: Chunk['anchor']): number {
  return isCheckpoint(anchor) ? stateWeight(anchor.state) : 0;
}
