import type { HistoryRecord } from '../../journal/index.js';
import type { Filter } from '../conditions/filter.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { type EndReason, writeEnd, writeHello } from '../wire/frames.js';
import type { FrameSink } from './frame-sink.js';
import { HistoryCursor } from './history-cursor.js';
import type { FrameSource } from './stream.js';

export interface VmSourceOptions {
  readonly entry: FleetVm;
  readonly sink: FrameSink;
  readonly epoch: string;
  /** The stream begins behind this sequence number. */
  readonly after: number;
  readonly filter: Filter;
  readonly write: (record: HistoryRecord) => string;
}

/** The history of one VM, for one reader. */
export class VmSource implements FrameSource {
  readonly #options: VmSourceOptions;
  readonly #cursor: HistoryCursor;

  constructor(options: VmSourceOptions) {
    this.#options = options;
    const { entry, after, filter, sink, write } = options;
    const { id: vm, ring } = entry;
    this.#cursor = new HistoryCursor({ vm, ring, after, filter, sink, write, isPlace: true });
  }

  get owesThrough(): boolean {
    return this.#cursor.owesThrough;
  }

  sayHello(): void {
    const { entry, sink, epoch, after } = this.#options;
    const { head, oldest } = entry.ring;
    sink.send(writeHello({ type: 'hello', vm: entry.id, epoch, head, oldest }), after);
  }

  listen(onNews: () => void): () => void {
    return this.#options.entry.ring.listen(onNews);
  }

  advance(): void {
    this.#cursor.advance();
  }

  sayThrough(): void {
    this.#cursor.sayThrough();
  }

  sayAlive(): void {
    this.#cursor.sayThrough();
  }

  sayEnd(reason: EndReason): void {
    const { entry, sink } = this.#options;
    const cursor = this.#cursor;
    cursor.advance();
    if (cursor.isBehind) cursor.skip(entry.ring.head);
    const { seq } = cursor;
    sink.send(writeEnd({ type: 'end', vm: entry.id, seq, reason }), seq);
  }
}
