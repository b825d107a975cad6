import type { HistoryRecord } from '../../journal/index.js';
import type { Filter } from '../conditions/filter.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Labels } from '../wire/labels.js';
import { STREAM_THROUGH_MS } from '../wire/limits.js';
import type { Stream } from './event-stream.js';
import type { FleetFeed } from './fleet-feed.js';
import {
  writeFleetEnd,
  writeFleetHello,
  writeLife,
  writeLifeGap,
  writeLifeThrough,
} from './fleet-frames.js';
import type { FrameSink } from './frame-sink.js';
import { HistoryCursor } from './history-cursor.js';

/** What VMs are told apart by. */
export type NameAndTags = Pick<Labels, 'name' | 'tags'>;

export interface FleetStreamOptions {
  readonly feed: FleetFeed;
  readonly sink: FrameSink;
  readonly epoch: string;
  /** VMs that there are. */
  readonly vms: number;
  /** The stream begins behind this creation or deletion. */
  readonly after: number;
  readonly wantsVm: (id: string, labels: NameAndTags) => boolean;
  readonly filter: Filter;
  readonly write: (record: HistoryRecord) => string;
}

/**
 * One reader of the histories of all VMs, and of what comes and goes. It has a cursor for each VM
 * that it has not told all of, and for no other.
 */
export class FleetStream implements Stream {
  readonly #options: FleetStreamOptions;
  /** VMs that have more to read, in the order of their turn. */
  readonly #behind = new Map<string, HistoryCursor>();
  /** VMs of which the filter left out what came last. */
  readonly #owed = new Map<string, HistoryCursor>();
  #number: number;
  #word: NodeJS.Timeout | null = null;
  #ended = false;
  readonly #pump = () => this.#advance();

  constructor(options: FleetStreamOptions) {
    this.#options = options;
    this.#number = options.after;
  }

  /** Says hello and follows. @param onClose Called once, at the end. */
  start(onClose: () => void): void {
    const { feed, sink, epoch, vms, after } = this.#options;
    const { number } = feed;
    sink.together(() => sink.send(writeFleetHello({ type: 'hello', epoch, vms, number }), after));
    const stopListening = feed.listen({
      lifeChanged: this.#pump,
      vmChanged: (entry, before) => this.#take(entry, before),
    });
    sink.onDrain(this.#pump);
    sink.onClose(() => {
      this.#stop();
      stopListening();
      onClose();
    });
    this.#advance();
  }

  /** Sends what fits, says up to where that was, and closes. */
  end(): void {
    if (this.#ended) return;
    const { sink } = this.#options;
    this.#advance();
    sink.together(() => {
      for (const cursor of this.#behind.values()) cursor.sayThrough();
      const end = writeFleetEnd({ type: 'end', number: this.#number, reason: 'shutdown' });
      sink.send(end, this.#number);
    });
    this.#stop();
    sink.end('shutdown');
  }

  /** Gives up a dead client, and shows a live one that there is nothing new. */
  beat(): void {
    const { sink } = this.#options;
    sink.beat();
    if (!sink.isOneWay || this.#ended || !sink.hasRoom()) return;
    const frame = writeLifeThrough({ type: 'life-through', number: this.#number });
    sink.together(() => sink.send(frame, this.#number));
  }

  terminate(): void {
    this.#options.sink.terminate();
  }

  #take(entry: FleetVm, before: number): void {
    const { id: vm, ring } = entry;
    const { wantsVm, filter, sink, write } = this.#options;
    if (this.#ended || !wantsVm(vm, entry.labels)) return;
    if (!this.#behind.has(vm)) {
      const cursor = this.#owed.get(vm);
      this.#owed.delete(vm);
      this.#behind.set(
        vm,
        cursor ??
          new HistoryCursor({ vm, ring, after: before, filter, sink, write, isPlace: false }),
      );
    }
    this.#advance();
  }

  #advance(): void {
    const { sink } = this.#options;
    if (this.#ended || !sink.hasRoom()) return;
    sink.together(() => {
      if (this.#advanceLife()) this.#advanceVms();
    });
    if (this.#owed.size > 0) this.#promiseWords();
  }

  /** A VM is created before its first frame and deleted behind its last. @returns If all went. */
  #advanceLife(): boolean {
    const { feed, sink, wantsVm } = this.#options;
    if (this.#number + 1 < feed.oldest) {
      const to = feed.oldest - 1;
      sink.send(writeLifeGap({ type: 'life-gap', from: this.#number + 1, to }), to);
      this.#number = to;
    }
    while (this.#number < feed.number && sink.hasRoom()) {
      const frame = feed.at(this.#number + 1);
      if (wantsVm(frame.vm, frame)) {
        if (frame.life === 'deleted' && !this.#finish(frame.vm)) return false;
        sink.send(writeLife(frame), frame.number);
      }
      this.#number += 1;
    }
    return this.#number === feed.number;
  }

  /** Sends the rest of a VM that goes; what is no longer kept by then is a gap. */
  #finish(vm: string): boolean {
    this.#owed.delete(vm);
    const cursor = this.#behind.get(vm);
    cursor?.advance();
    if (cursor?.isBehind) return false;
    this.#behind.delete(vm);
    return true;
  }

  #advanceVms(): void {
    const { sink } = this.#options;
    for (const [vm, cursor] of [...this.#behind]) {
      if (!sink.hasRoom()) return;
      cursor.advance();
      this.#behind.delete(vm);
      // The others have their turn first.
      if (cursor.isBehind) this.#behind.set(vm, cursor);
      else if (cursor.owesWord) this.#owed.set(vm, cursor);
    }
  }

  #promiseWords(): void {
    this.#word ??= setTimeout(() => {
      this.#word = null;
      const { sink } = this.#options;
      sink.together(() => {
        for (const [vm, cursor] of this.#owed) {
          // A reader without room is promised them again as soon as it reads.
          if (!sink.hasRoom()) return;
          cursor.sayThrough();
          this.#owed.delete(vm);
        }
      });
    }, STREAM_THROUGH_MS).unref();
  }

  #stop(): void {
    this.#ended = true;
    if (this.#word !== null) clearTimeout(this.#word);
    this.#word = null;
    this.#behind.clear();
    this.#owed.clear();
  }
}
