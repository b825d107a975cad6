import type { Command } from '../mmu/schema/index.js';
import type { CommandPacker } from './command-packer.js';
import type { Weighed } from './history-budget.js';
import type { Checkpoint, HistoryRecord, RewoundRecord } from './record.js';

/** A run of records, the unit in which history is packed and forgotten. */
export interface Chunk<State> extends Weighed {
  readonly firstSeq: number;
  /** Number of its records. */
  length: number;
  /** The records themselves; null once they are packed. */
  records: HistoryRecord<State>[] | null;
  /** Places of those that are no events, in order; none once they are packed. */
  readonly begins: number[];
  /** Commands that the records can be made from again; null before they are packed. */
  packed: Packed<State> | null;
  /**
   * A checkpoint before the first command of the chunk, or `older` if states are made from that of
   * an older chunk. Null before that command.
   */
  anchor: Checkpoint<State> | 'older' | null;
  /** Weight of the states that are counted here, in records. */
  stateWeight: number;
  isForgotten: boolean;
}

/** A chunk without records. @param drop Called when it is over the budget. */
export function createChunk<State>(
  firstSeq: number,
  anchor: Chunk<State>['anchor'],
  drop: () => void,
): Chunk<State> {
  return {
    firstSeq,
    length: 0,
    records: [],
    begins: [],
    packed: null,
    anchor,
    stateWeight: 0,
    isForgotten: false,
    weight: 0,
    drop,
    older: null,
    newer: null,
  };
}

/** Whether a chunk takes more records: one that was taken up does not. */
export function isOpen<State>(
  chunk: Chunk<State> | undefined,
  lengthMax: number,
): chunk is Chunk<State> {
  return chunk !== undefined && chunk.records !== null && chunk.length < lengthMax;
}

/** A run of records that were packed before, from which a history is made again. */
export interface PastChunk<State> {
  readonly firstSeq: number;
  /** Number of its records. */
  readonly length: number;
  readonly packed: Packed<State>;
  /** A checkpoint before its first record; null to depend on the one before. */
  readonly checkpoint: Checkpoint<State> | null;
}

/** The commands of a chunk, and the resets and restorations between them. */
export interface Packed<State> {
  readonly bytes: Uint8Array;
  readonly rewound: readonly RewoundRecord<State>[];
}

/** A command of a history, or a reset or a restoration. */
export type Step<State> =
  | { readonly type: 'command'; readonly seq: number; readonly command: Command }
  | RewoundRecord<State>;

export function isCheckpoint<State>(
  anchor: Chunk<State>['anchor'] | undefined,
): anchor is Checkpoint<State> {
  return typeof anchor === 'object' && anchor !== null;
}

/** The chunk that holds a `seq`, or would if it were longer, by its place; -1 before the first. */
export function placeOf(chunks: readonly Chunk<unknown>[], seq: number): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((chunks[middle] as Chunk<unknown>).firstSeq <= seq) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The commands, resets and restorations of a chunk, in order. */
export function* stepsIn<State>(
  { firstSeq, records, packed }: Chunk<State>,
  packer: CommandPacker,
): Generator<Step<State>> {
  if (records !== null) {
    // At once, because the records may be packed before the next step is asked for.
    yield* records.filter((record) => record.type !== 'event');
    return;
  }
  if (packed === null) return;
  let seq = firstSeq;
  let next = 0;
  const { rewound } = packed;
  for (const { command, records: count } of packer.unpack(packed.bytes)) {
    for (; rewound[next]?.seq === seq; next += 1, seq += 1) yield rewound[next] as Step<State>;
    yield { type: 'command', seq, command };
    seq += count;
  }
  for (; next < rewound.length; next += 1) yield rewound[next] as Step<State>;
}

/** Numbers of the commands of a chunk, in order. No command is made again for it. */
export function commandSeqsIn<State>(
  { firstSeq, records, packed }: Chunk<State>,
  packer: CommandPacker,
): number[] {
  if (records !== null) {
    return records.filter(({ type }) => type === 'command').map(({ seq }) => seq);
  }
  if (packed === null) return [];
  const seqs: number[] = [];
  const { bytes, rewound } = packed;
  let seq = firstSeq;
  let next = 0;
  for (const count of packer.recordCounts(bytes)) {
    for (; rewound[next]?.seq === seq; next += 1) seq += 1;
    seqs.push(seq);
    seq += count;
  }
  return seqs;
}

/** The last time up to `seq` that a chunk's VM was taken back; null if it was not. */
export function lastRewoundIn<State>(
  { records, packed }: Chunk<State>,
  seq: number,
): RewoundRecord<State> | null {
  const found = (packed?.rewound ?? records ?? []).findLast(
    (record) => record.type === 'rewound' && record.seq <= seq,
  );
  return found?.type === 'rewound' ? found : null;
}

/** Puts a chunk's commands in place of its records. They must begin with a command. */
export function packChunk<State>(chunk: Chunk<State>, packer: CommandPacker): void {
  const { records, begins } = chunk;
  if (records === null) return;
  const rewound: RewoundRecord<State>[] = [];
  for (const [nth, begin] of begins.entries()) {
    // Events are not looked at: they are most of the records, and long out of the cache.
    const record = records[begin] as HistoryRecord<State>;
    if (record.type === 'rewound') rewound.push(record);
    else if (record.type === 'command') {
      packer.add(record.command, (begins[nth + 1] ?? records.length) - begin);
    }
  }
  chunk.packed = { bytes: packer.finish(), rewound };
  // Emptied, because a list that is old and dead keeps young records from being collected.
  records.length = 0;
  begins.length = 0;
  chunk.records = null;
}
