import {
  type Chunk,
  commandSeqsIn,
  isCheckpoint,
  lastRewoundIn,
  placeOf,
  type Step,
  stepsIn,
} from './chunk.js';
import { CommandPacker } from './command-packer.js';
import { DerivedChunks, type Deriver, type History } from './derived-chunks.js';
import {
  type Checkpoint,
  COMMANDS_NAMED,
  type HistoryRecord,
  type RewoundRecord,
} from './record.js';

/** The chunks of one history, as it is read. */
export class Chunks<State> implements History<State> {
  /** The chunks, oldest first. */
  readonly list: Chunk<State>[] = [];
  readonly packer = new CommandPacker();
  readonly #derived: DerivedChunks<State> | null;

  /** @param deriver Makes packed records again; null where nothing is packed. */
  constructor(deriver: Deriver<State> | null) {
    this.#derived = deriver && new DerivedChunks(deriver);
  }

  /** Whether chunks can be packed. */
  get canPack(): boolean {
    return this.#derived !== null;
  }

  /** Takes the oldest chunk out. */
  shift(): Chunk<State> | undefined {
    const chunk = this.list.shift();
    this.#derived?.forget(chunk);
    return chunk;
  }

  /**
   * The newest checkpoint from which the state at `seq` can be made. Before the first one kept, no
   * command lies between: its state is that of every earlier `seq` from `oldest - 1` on.
   */
  checkpointFor(seq: number): Checkpoint<State> | null {
    if (seq < (this.list[0]?.firstSeq ?? Infinity) - 1) return null;
    for (let i = placeOf(this.list, seq + 1); i >= 0; i -= 1) {
      const { anchor } = this.list[i] as Chunk<State>;
      if (isCheckpoint(anchor) && anchor.seq <= seq) return anchor;
    }
    const first = this.list.find(({ anchor }) => isCheckpoint(anchor))?.anchor;
    return isCheckpoint(first) ? first : null;
  }

  /** The record with this `seq`, if it is kept. A packed one is made again, with its neighbours. */
  at(seq: number): HistoryRecord<State> | undefined {
    const chunk = this.list[placeOf(this.list, seq)];
    if (chunk === undefined || seq >= chunk.firstSeq + chunk.length) return undefined;
    const records = chunk.records ?? this.#derived?.of(chunk, this);
    return records?.[seq - chunk.firstSeq];
  }

  /** The commands, resets and restorations among the records after `from`, up to `to`. */
  *steps(from: number, to: number): Generator<Step<State>> {
    const first = Math.max(0, placeOf(this.list, from + 1));
    for (let i = first; i < this.list.length; i += 1) {
      const chunk = this.list[i] as Chunk<State>;
      if (chunk.firstSeq > to) return;
      for (const step of stepsIn(chunk, this.packer)) {
        if (step.seq > to) return;
        if (step.seq > from) yield step;
      }
    }
  }

  /** The newest reset or restored snapshot after `from`, up to `to`; null if there is none. */
  lastRewound(from: number, to: number): RewoundRecord<State> | null {
    for (let i = placeOf(this.list, to); i >= 0; i -= 1) {
      const chunk = this.list[i] as Chunk<State>;
      if (chunk.firstSeq + chunk.length <= from + 1) return null;
      const found = lastRewoundIn(chunk, to);
      if (found !== null) return found.seq > from ? found : null;
    }
    return null;
  }

  /** Numbers of the newest commands up to `seq` that nothing took back, oldest first. */
  commandsUpTo(seq: number): number[] {
    const parts: number[][] = [];
    let count = 0;
    for (let i = placeOf(this.list, seq); i >= 0 && count < COMMANDS_NAMED; i -= 1) {
      const chunk = this.list[i] as Chunk<State>;
      const rewound = lastRewoundIn(chunk, seq);
      const from = rewound?.seq ?? 0;
      const numbers = commandSeqsIn(chunk, this.packer).filter((at) => at > from && at <= seq);
      parts.push(numbers);
      count += numbers.length;
      if (rewound !== null) break;
    }
    return parts.reverse().flat();
  }
}
