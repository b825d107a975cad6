import type { HistoryRecord } from '../../journal/index.js';
import type { Filter } from '../conditions/filter.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { type EndReason, writeEnd, writeHello } from '../wire/frames.js';
import { STREAM_THROUGH_MS } from '../wire/limits.js';
import type { FrameSink } from './frame-sink.js';
import { HistoryCursor } from './history-cursor.js';

export interface EventStreamOptions {
  readonly entry: FleetVm;
  readonly sink: FrameSink;
  readonly epoch: string;
  /** The stream begins behind this sequence number. */
  readonly after: number;
  readonly filter: Filter;
  readonly write: (record: HistoryRecord) => string;
}

/** A stream that {@link Streams} holds. */
export interface Stream {
  readonly end: (reason: EndReason) => void;
  readonly beat: () => void;
  readonly terminate: () => void;
}

/** One reader of a VM's history. */
export class EventStream implements Stream {
  readonly #options: EventStreamOptions;
  readonly #cursor: HistoryCursor;
  #word: NodeJS.Timeout | null = null;
  #ended = false;
  readonly #pump = () => this.#advance();

  constructor(options: EventStreamOptions) {
    this.#options = options;
    const { entry, after, filter, sink, write } = options;
    const { id: vm, ring } = entry;
    this.#cursor = new HistoryCursor({ vm, ring, after, filter, sink, write, isPlace: true });
  }

  /** Says hello, sends what there is, and follows the VM. @param onClose Called once, at the end. */
  start(onClose: () => void): void {
    const { entry, sink, epoch, after } = this.#options;
    const { head, oldest } = entry.ring;
    sink.together(() => {
      sink.send(writeHello({ type: 'hello', vm: entry.id, epoch, head, oldest }), after);
    });
    const stopListening = entry.ring.listen(this.#pump);
    sink.onDrain(this.#pump);
    sink.onClose(() => {
      this.#stop();
      stopListening();
      onClose();
    });
    this.#advance();
  }

  /** Sends what fits, says why it ends, and closes. */
  end(reason: EndReason): void {
    if (this.#ended) return;
    const { entry, sink } = this.#options;
    const cursor = this.#cursor;
    sink.together(() => {
      cursor.advance();
      if (cursor.isBehind) cursor.skip(entry.ring.head);
      const { seq } = cursor;
      sink.send(writeEnd({ type: 'end', vm: entry.id, seq, reason }), seq);
    });
    this.#stop();
    sink.end(reason);
  }

  /** Gives up a dead client, and shows a live one that there is nothing new. */
  beat(): void {
    const { sink } = this.#options;
    sink.beat();
    if (sink.isOneWay && !this.#ended && sink.hasRoom()) {
      sink.together(() => this.#cursor.sayThrough());
    }
  }

  terminate(): void {
    this.#options.sink.terminate();
  }

  #advance(): void {
    const { sink } = this.#options;
    const cursor = this.#cursor;
    if (this.#ended || !sink.hasRoom()) return;
    if (cursor.isBehind) sink.together(() => cursor.advance());
    if (cursor.owesWord) this.#promiseWord();
  }

  /** What a filter leaves out is not told one by one: one word a while is enough. */
  #promiseWord(): void {
    this.#word ??= setTimeout(() => {
      this.#word = null;
      const { sink } = this.#options;
      // A reader without room is promised it again as soon as it reads.
      if (this.#cursor.owesWord && sink.hasRoom()) {
        sink.together(() => this.#cursor.sayThrough());
      }
    }, STREAM_THROUGH_MS).unref();
  }

  #stop(): void {
    this.#ended = true;
    if (this.#word !== null) clearTimeout(this.#word);
    this.#word = null;
  }
}
