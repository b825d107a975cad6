import {
  type Deriver,
  type EventRecord,
  type History,
  type HistoryRecord,
  Recorder,
} from '../../journal/index.js';
import { createVm, type FrozenVm, type step, thawVm, type Vm } from '../../mmu/index.js';
import type { VmConfig } from '../../mmu/schema/index.js';

/** A VM whose records are made again. */
export interface Origin {
  readonly id: string;
  /** The configuration that its states belong to. */
  readonly initial: VmConfig;
}

/** A machine that stands behind a record, so that the next ones follow at once. */
interface Cursor {
  vm: Vm;
  readonly sink: Sink;
  readonly recorder: Recorder<FrozenVm>;
}

/** Machines that are kept, of all VMs together. */
const CURSORS_MAX = 4;

/** Makes the records of packed commands again, as they were: the same commands give the same events. */
export class PastRecords {
  readonly #step: typeof step;
  /** The machines, the least recently used first. */
  readonly #cursors = new Map<History<FrozenVm>, Cursor>();

  constructor(model: typeof step) {
    this.#step = model;
  }

  /** @returns Makes the records of one VM. */
  of(origin: Origin): Deriver<FrozenVm> {
    return { derive: (history, span) => this.#derive(origin, history, span) };
  }

  #derive(
    origin: Origin,
    history: History<FrozenVm>,
    { from, to }: { readonly from: number; readonly to: number },
  ): HistoryRecord<FrozenVm>[] {
    const cursor = this.#cursorFor(origin, history, from - 1);
    this.#cursors.delete(history);
    const { sink, recorder } = cursor;
    sink.takeFrom(from);
    for (const next of history.steps(sink.head, to)) {
      if (next.type === 'command') {
        const { command } = next;
        recorder.record(command, (emit) => this.#step(cursor.vm, command, emit));
      } else {
        const { snapshot, to: seq, state, made } = next;
        cursor.vm = vmOf(origin, state);
        recorder.rewound({ snapshot, to: seq, state }, made);
      }
    }
    this.#keep(history, cursor);
    // A command with more events than a chunk holds goes on in the next one.
    const records = sink.taken().slice(0, to - from + 1);
    if (sink.head < to) throw new Error(`Cannot make the records ${from} to ${to} again`);
    return records;
  }

  /** Lets go of the machine of a history that is forgotten. */
  forget(history: History<FrozenVm>): void {
    this.#cursors.delete(history);
  }

  #cursorFor(origin: Origin, history: History<FrozenVm>, seq: number): Cursor {
    const checkpoint = history.checkpointFor(seq);
    if (checkpoint === null) throw new Error(`Cannot make the records after ${seq} again`);
    const start = history.lastRewound(checkpoint.seq, seq) ?? checkpoint;
    const kept = this.#cursors.get(history);
    if (kept !== undefined && kept.sink.head <= seq && kept.sink.head >= start.seq) return kept;
    const sink = new Sink(start.seq);
    const { made } = start;
    const commands = history.commandsUpTo(start.seq);
    const recorder = Recorder.resumed<FrozenVm>(origin.id, sink, { made, commands });
    return { vm: vmOf(origin, start.state), sink, recorder };
  }

  #keep(history: History<FrozenVm>, cursor: Cursor): void {
    this.#cursors.set(history, cursor);
    const [oldest] = this.#cursors.keys();
    if (this.#cursors.size > CURSORS_MAX && oldest !== undefined) this.#cursors.delete(oldest);
  }
}

function vmOf({ initial }: Origin, state: FrozenVm | null): Vm {
  return state === null ? createVm(initial) : thawVm(initial, state);
}

/** Takes records from a number on, and counts those before. */
class Sink {
  head: number;
  #from = 0;
  #records: HistoryRecord<FrozenVm>[] = [];

  constructor(head: number) {
    this.head = head;
  }

  append(record: HistoryRecord<FrozenVm>, events: readonly EventRecord[]): void {
    this.head += 1 + events.length;
    // A command begins a span or lies wholly before it.
    if (record.seq < this.#from) return;
    this.#records.push(record);
    for (const event of events) this.#records.push(event);
  }

  takeFrom(seq: number): void {
    this.#from = seq;
  }

  /** The records that were taken, which are the caller's. */
  taken(): HistoryRecord<FrozenVm>[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }
}
