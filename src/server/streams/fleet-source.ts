import type { HistoryRecord } from '../../journal/index.js';
import type { Filter } from '../conditions/filter.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Labels } from '../wire/labels.js';
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
import type { FrameSource } from './stream.js';

/** The labels that a reader selects VMs by. */
export type NameAndTags = Pick<Labels, 'name' | 'tags'>;

export interface FleetSourceOptions {
  readonly feed: FleetFeed;
  readonly sink: FrameSink;
  readonly epoch: string;
  /** Number of VMs at the beginning. */
  readonly vms: number;
  /** The stream begins behind this creation or deletion. */
  readonly after: number;
  readonly wantsVm: (id: string, labels: NameAndTags) => boolean;
  readonly filter: Filter;
  readonly write: (record: HistoryRecord) => string;
}

/**
 * The histories of all VMs with their creations and deletions, for one reader. It has a cursor for
 * each VM that it has not told all of, and for no other.
 */
export class FleetSource implements FrameSource {
  readonly #options: FleetSourceOptions;
  /** VMs that have more to read, in the order of their turn. */
  readonly #behind = new Map<string, HistoryCursor>();
  /** VMs of which the filter left out the newest records. */
  readonly #owed = new Map<string, HistoryCursor>();
  /** The creation or deletion that was told last. */
  #number: number;

  constructor(options: FleetSourceOptions) {
    this.#options = options;
    this.#number = options.after;
  }

  get owesThrough(): boolean {
    return this.#owed.size > 0;
  }

  sayHello(): void {
    const { feed, sink, epoch, vms, after } = this.#options;
    const { number } = feed;
    sink.send(writeFleetHello({ type: 'hello', epoch, vms, number }), after);
  }

  listen(onNews: () => void): () => void {
    return this.#options.feed.listen({
      lifeChanged: onNews,
      vmChanged: (entry, before) => {
        if (!this.#options.wantsVm(entry.id, entry.labels)) return;
        this.#addBehind(entry, before);
        onNews();
      },
    });
  }

  advance(): void {
    if (this.#advanceLife()) this.#advanceVms();
  }

  sayThrough(): void {
    for (const [vm, cursor] of this.#owed) {
      // A reader without room is promised them again as soon as it reads.
      if (!this.#options.sink.hasRoom()) return;
      cursor.sayThrough();
      this.#owed.delete(vm);
    }
  }

  sayAlive(): void {
    const frame = writeLifeThrough({ type: 'life-through', number: this.#number });
    this.#options.sink.send(frame, this.#number);
  }

  /** A stream of all VMs ends with the server, and for no other reason. */
  sayEnd(): void {
    const { sink } = this.#options;
    if (sink.hasRoom()) this.advance();
    for (const cursor of this.#behind.values()) cursor.sayThrough();
    const end = writeFleetEnd({ type: 'end', number: this.#number, reason: 'shutdown' });
    sink.send(end, this.#number);
  }

  #addBehind({ id: vm, ring }: FleetVm, before: number): void {
    if (this.#behind.has(vm)) return;
    const { filter, sink, write } = this.#options;
    const owed = this.#owed.get(vm);
    this.#owed.delete(vm);
    this.#behind.set(
      vm,
      owed ?? new HistoryCursor({ vm, ring, after: before, filter, sink, write, isPlace: false }),
    );
  }

  /**
   * Sends a VM's creation before its first frame and its deletion after its last.
   *
   * @returns Whether all creations and deletions were sent.
   */
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

  /** Sends the rest of a deleted VM; records that are no longer kept are a gap. */
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
      else if (cursor.owesThrough) this.#owed.set(vm, cursor);
    }
  }
}
