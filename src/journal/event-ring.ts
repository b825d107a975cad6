import type { HistoryBudget, Weighed } from './history-budget.js';
import { type Checkpoint, type HistoryRecord, recordsOf, type StateScale } from './record.js';

/** Records of a full chunk. */
const CHUNK_RECORDS = 256;

/** Bytes of a state that take about as long to keep as a command takes to make a record. */
const BYTES_A_RECORD = 128;

/** Records between two checkpoints of a small state. */
const CHECKPOINT_RECORDS_MIN = 512;

/** Share of a ring that may depend on one checkpoint, and so is forgotten with it. */
const CHECKPOINT_SHARE = 1 / 4;

/** A run of records, the unit in which history is forgotten. */
interface Chunk<State> extends Weighed {
  readonly firstSeq: number;
  readonly records: HistoryRecord<State>[];
  /**
   * A checkpoint before the first command of the chunk, or `older` if states are made from that of
   * an older chunk. Null before that command.
   */
  anchor: Checkpoint<State> | 'older' | null;
}

/** The newest state that a ring keeps. */
interface Newest<State> {
  readonly chunk: Chunk<State>;
  readonly state: State | null;
  /** Bytes that it takes and the state before it did not. */
  readonly bytes: number;
}

/**
 * Keeps the newest records of one VM, so that a reader who lost its connection can resume.
 *
 * Sequence numbers start at 1, rise by 1 and never repeat. Nothing is allocated before the first
 * record, because most VMs of a large fleet are idle.
 */
export class EventRing<State = unknown> {
  readonly #budget: HistoryBudget;
  readonly #recordsMax: number;
  readonly #scale: StateScale<State>;
  #chunks: Chunk<State>[] = [];
  #head = 0;
  #records = 0;
  #listeners: Set<() => void> | null = null;
  #onForget: ((records: readonly HistoryRecord[]) => void) | null = null;
  /** Anchor of the chunk that begins next. */
  #nextAnchor: Checkpoint<State> | 'older' | null = null;
  #newest: Newest<State> | null = null;

  /**
   * @param recordsMax Records kept at most. Whole chunks are forgotten together with the chunks that
   *   depend on their checkpoints, so at times only three quarters less a chunk are kept.
   */
  constructor(budget: HistoryBudget, recordsMax: number, scale: StateScale<State>) {
    this.#budget = budget;
    this.#recordsMax = recordsMax;
    this.#scale = scale;
  }

  /** `seq` of the newest record; 0 before the first. */
  get head(): number {
    return this.#head;
  }

  /** The lowest `seq` that can be read; one above `head` if nothing is kept. */
  get oldest(): number {
    return this.#chunks[0]?.firstSeq ?? this.#head + 1;
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
    const newest = this.#chunks.findLast(({ anchor }) => isCheckpoint(anchor))?.anchor;
    if (!isCheckpoint(newest)) return true;
    const worth = Math.max((this.#newest?.bytes ?? 0) / BYTES_A_RECORD, CHECKPOINT_RECORDS_MIN);
    const spacing = Math.min(worth, this.#recordsMax * CHECKPOINT_SHARE);
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
      if (isCheckpoint(anchor)) this.#keep(newest, anchor.state);
    }
  }

  /**
   * The newest checkpoint from which the state at `seq` can be made. Before the first one kept, no
   * command lies between: its state is that of every earlier `seq` from `oldest - 1` on.
   */
  checkpointFor(seq: number): Checkpoint<State> | null {
    if (seq < this.oldest - 1) return null;
    let first: Checkpoint<State> | null = null;
    for (let i = this.#chunks.length - 1; i >= 0; i -= 1) {
      const { anchor } = this.#chunks[i] as Chunk<State>;
      if (!isCheckpoint(anchor)) continue;
      if (anchor.seq <= seq) return anchor;
      first = anchor;
    }
    return first;
  }

  /** Keeps a record, whose `seq` must be one above `head`. */
  append(record: HistoryRecord<State>): void {
    this.#head += 1;
    const open = this.#open();
    const chunk = open ?? this.#begin();
    chunk.records.push(record);
    this.#records += 1;
    // Last, because the budget may drop this very chunk.
    this.#budget.charge(chunk, 1);
    if (open === null && isCheckpoint(chunk.anchor)) this.#keep(chunk, chunk.anchor.state);
    if (record.type === 'rewound') this.#keep(chunk, record.state);
    if (this.#records > this.#recordsMax) this.#forgetOldest();
  }

  /** The record with this `seq`, if it is kept. */
  at(seq: number): HistoryRecord<State> | undefined {
    const first = this.#chunks[0];
    if (first === undefined || seq < first.firstSeq) return undefined;
    const index = seq - first.firstSeq;
    const chunk = this.#chunks[Math.floor(index / CHUNK_RECORDS)];
    return chunk?.records[index % CHUNK_RECORDS];
  }

  /** @returns A function that stops the listening; further calls do nothing. */
  listen(listener: () => void): () => void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }

  /** Tells the listeners that there are new records; to save calls, once for many of them. */
  notify(): void {
    if (this.#listeners === null) return;
    for (const listener of this.#listeners) listener();
  }

  /** @param listener Called with records that are forgotten, which never change again; or null. */
  onForget(listener: ((records: readonly HistoryRecord[]) => void) | null): void {
    this.#onForget = listener;
  }

  /** Forgets everything, because the VM is deleted. */
  clear(): void {
    while (this.#chunks.length > 0) this.#forgetOldest();
  }

  /** The chunk that takes the next record; null if it has not begun. */
  #open(): Chunk<State> | null {
    const newest = this.#chunks[this.#chunks.length - 1];
    return newest === undefined || newest.records.length === CHUNK_RECORDS ? null : newest;
  }

  #begin(): Chunk<State> {
    const chunk: Chunk<State> = {
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

  /**
   * Charges a chunk with a state. Parts that the state before it does not share with the new one are
   * now held by that earlier state alone, and so are charged to its chunk; shared parts are not.
   */
  #keep(chunk: Chunk<State>, state: State | null): void {
    const before = this.#newest;
    const own = state === null ? 0 : this.#scale.bytesOf(state);
    const left = before?.state == null ? 0 : this.#scale.bytesBeyond(before.state, state);
    this.#newest = { chunk, state, bytes: own + left };
    if (before !== null) this.#charge(before.chunk, left);
    this.#charge(chunk, own);
  }

  #charge(chunk: Chunk<State>, bytes: number): void {
    if (this.#chunks.includes(chunk)) this.#budget.charge(chunk, recordsOf(bytes));
  }

  #forgetOldest(): void {
    const oldest = this.#chunks[0];
    if (oldest === undefined) return;
    this.#budget.discharge(oldest);
    this.#shift();
  }

  /** Forgets the oldest chunk and all that depend on its checkpoint, which are of no use without. */
  #shift(): void {
    const oldest = this.#chunks.shift();
    if (oldest !== undefined) {
      this.#records -= oldest.records.length;
      this.#onForget?.(oldest.records);
    }
    if (this.#newest?.chunk === oldest) this.#newest = null;
    const first = this.#chunks.find(({ anchor }) => anchor !== null);
    if (first?.anchor === 'older') this.#forgetOldest();
    if (first === undefined && this.#nextAnchor === 'older') this.#nextAnchor = null;
  }
}

function isCheckpoint<State>(
  anchor: Chunk<State>['anchor'] | undefined,
): anchor is Checkpoint<State> {
  return typeof anchor === 'object' && anchor !== null;
}
