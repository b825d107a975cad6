import type { CommandPacker, PastChunk, RewoundRecord } from '../../journal/index.js';
import { type FrozenVm, freezeVm } from '../../mmu/index.js';
import type { VmConfig } from '../../mmu/schema/index.js';
import { bodyFrom, requestsFrom } from './bodies.js';
import type { ReadCheckpoint } from './checkpoint.js';
import type { RanFacts } from './facts.js';
import { rewoundFrom } from './log-steps.js';
import type { InPlace, ReadLog } from './read-log.js';

/** Records of a chunk, about. */
const CHUNK_RECORDS = 256;

interface Open {
  firstSeq: number;
  length: number;
  parts: Uint8Array[];
  rewound: RewoundRecord<FrozenVm>[];
  checkpoint: PastChunk<FrozenVm>['checkpoint'];
}

/** Parts that chunks are made of. */
export interface PastOptions {
  readonly id: string;
  readonly config: VmConfig;
  readonly packer: CommandPacker;
  /** State before the first record, if that is known. */
  readonly first: FrozenVm | null | undefined;
}

/**
 * Makes chunks of the records up to the newest checkpoint, as they are. The history begins at the
 * first record, or else at the first checkpoint.
 */
export function pastChunks(
  { history, checkpoints }: ReadLog,
  options: PastOptions,
): PastChunk<FrozenVm>[] {
  const builder = new ChunkBuilder(options);
  for (const checkpoint of checkpoints) builder.shapes(checkpoint);
  const byPosition = new Map(checkpoints.map((one) => [one.position, one]));
  let seq = history[0]?.position === 1 ? 0 : null;
  for (const { position, record } of history) {
    if (seq !== null && record.seq > seq) builder.take(record, seq);
    const checkpoint = byPosition.get(position);
    if (checkpoint !== undefined) builder.anchor(checkpoint);
    if (seq !== null || checkpoint !== undefined) seq = record.seq;
  }
  return builder.chunks();
}

class ChunkBuilder {
  readonly #options: PastOptions;
  readonly #chunks: PastChunk<FrozenVm>[] = [];
  #open: Open | null = null;
  #anchor: PastChunk<FrozenVm>['checkpoint'];

  constructor(options: PastOptions) {
    this.#options = options;
    const { first } = options;
    this.#anchor = first === undefined ? null : { seq: 0, state: first, made: new Map() };
  }

  shapes({ facts }: ReadCheckpoint): void {
    this.#options.packer.learn(0, facts.shapes);
  }

  take(record: InPlace['record'], seq: number): void {
    this.#open ??= this.#begin(seq + 1);
    const open = this.#open;
    if (record.kind === 'ran') {
      const { facts, bytes } = bodyFrom(record.body);
      const { known = 0, shapes = [] } = facts as RanFacts;
      this.#options.packer.learn(known, shapes);
      open.parts.push(bytes);
    } else {
      const { id, config } = this.#options;
      const { record: rewound } = rewoundFrom(id, config, record);
      open.rewound.push(rewound);
    }
    open.length = record.seq - open.firstSeq + 1;
    if (open.length >= CHUNK_RECORDS) this.#close();
  }

  anchor({ facts, vm }: ReadCheckpoint): void {
    this.#close();
    const state = freezeVm(vm(this.#options.config));
    this.#anchor = { seq: facts.seq, state, made: requestsFrom(facts.made) };
  }

  chunks(): PastChunk<FrozenVm>[] {
    this.#close();
    return this.#chunks;
  }

  #begin(firstSeq: number): Open {
    const checkpoint = this.#anchor;
    this.#anchor = null;
    return { firstSeq, length: 0, parts: [], rewound: [], checkpoint };
  }

  #close(): void {
    if (this.#open === null) return;
    const { firstSeq, length, parts, rewound, checkpoint } = this.#open;
    const packed = { bytes: joined(parts), rewound };
    this.#chunks.push({ firstSeq, length, packed, checkpoint });
    this.#open = null;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
