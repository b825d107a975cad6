import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Labels } from '../wire/labels.js';
import type { Changed, FleetFeed } from './fleet-feed.js';
import {
  writeFleetEnd,
  writeFleetHello,
  writeLife,
  writeLifeGap,
  writeLifeThrough,
} from './fleet-frames.js';
import type { FrameLog } from './frame-log.js';
import { type FrameSink, say } from './frame-sink.js';
import { HistoryCursor } from './history-cursor.js';
import { type FrameSource, PIECE_BYTES, THROUGH_MS } from './stream.js';

/** VMs, or creations and deletions, that are looked at in one piece. */
const PIECE_COUNT = 64;

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
  /** The frames of a VM, as this reader wants them. */
  readonly logOf: (entry: FleetVm) => FrameLog;
  /** Called when the reader takes no more from the log of a VM. */
  readonly onLeave: (vm: string) => void;
}

/** A VM that has more to read. */
interface Behind {
  readonly cursor: HistoryCursor;
  /** Number of the creation or deletion behind which its turn comes. */
  readonly number: number;
}

/**
 * The histories of all VMs with their creations and deletions, for one reader. It has a cursor for
 * each VM that it has not told all of, and for no other.
 */
export class FleetSource implements FrameSource {
  readonly #options: FleetSourceOptions;
  readonly throughMs = THROUGH_MS;
  /** VMs that have more to read, in the order of their turn. */
  readonly #behind = new Map<string, Behind>();
  /** VMs of which the filter left out the newest records. */
  readonly #owed = new Map<string, HistoryCursor>();
  /** The creation or deletion that was told last. */
  #number: number;

  constructor(options: FleetSourceOptions) {
    this.#options = options;
    this.#number = options.after;
  }

  get isBehind(): boolean {
    return this.#number < this.#options.feed.number || this.#behind.size > 0;
  }

  get owesThrough(): boolean {
    return this.#owed.size > 0;
  }

  sayHello(): void {
    const { feed, sink, epoch, vms, after } = this.#options;
    const { number } = feed;
    say(sink, writeFleetHello({ type: 'hello', epoch, vms, number }), after);
  }

  /** Takes notice that a VM has more to read. */
  vmChanged(changed: Changed): void {
    const { entry, number } = changed;
    const { id: vm } = entry;
    const { wantsVm } = this.#options;
    if (this.#behind.has(vm) || !wantsVm(vm, entry.labels)) return;
    const owed = this.#owed.get(vm);
    this.#owed.delete(vm);
    const cursor = owed ?? this.#cursorOf(changed);
    this.#behind.set(vm, { cursor, number });
  }

  /** Keeps creations and deletions, and turns of VMs, in the order in which they came. */
  advance(): void {
    const { feed, sink } = this.#options;
    let left = PIECE_BYTES;
    for (let count = 0; count < PIECE_COUNT && left > 0 && sink.room() > 0; count += 1) {
      const [next] = this.#behind;
      if (this.#number < Math.min(next?.[1].number ?? feed.number, feed.toldNumber)) {
        this.#advanceLife();
      } else if (next !== undefined) {
        left -= this.#advanceVm(...next);
      } else return;
    }
  }

  /** Creations and deletions are kept apart, and VMs each have their gap. */
  passOver(): boolean {
    return false;
  }

  sayThrough(): void {
    for (const [vm, cursor] of this.#owed) {
      // A reader without room is promised them again as soon as it reads.
      if (this.#options.sink.room() <= 0) return;
      cursor.sayThrough();
      this.#owed.delete(vm);
      this.#leave(vm, cursor);
    }
  }

  sayAlive(): void {
    const frame = writeLifeThrough({ type: 'life-through', number: this.#number });
    say(this.#options.sink, frame, this.#number);
  }

  /** A stream of all VMs ends with the server, and for no other reason. */
  sayEnd(): void {
    for (const { cursor } of this.#behind.values()) cursor.sayThrough();
    const end = writeFleetEnd({ type: 'end', number: this.#number, reason: 'shutdown' });
    say(this.#options.sink, end, this.#number);
  }

  close(): void {
    for (const [vm, { cursor }] of this.#behind) this.#leave(vm, cursor);
    for (const [vm, cursor] of this.#owed) this.#leave(vm, cursor);
    this.#behind.clear();
    this.#owed.clear();
  }

  #cursorOf({ entry, before: after }: Changed): HistoryCursor {
    const { id: vm, ring } = entry;
    const { sink, logOf } = this.#options;
    const log = logOf(entry);
    return new HistoryCursor({ vm, ring, log, after, sink, isPlace: false, state: null });
  }

  /** Sends the next creation, or the next deletion once the last frames of its VM are out. */
  #advanceLife(): void {
    const { feed, sink, wantsVm } = this.#options;
    if (this.#number + 1 < feed.oldest) {
      const to = feed.oldest - 1;
      say(sink, writeLifeGap({ type: 'life-gap', from: this.#number + 1, to }), to);
      this.#number = to;
      return;
    }
    const frame = feed.at(this.#number + 1);
    if (wantsVm(frame.vm, frame)) {
      if (frame.life === 'deleted' && !this.#finish(frame.vm)) return;
      say(sink, writeLife(frame), frame.number);
    }
    this.#number += 1;
  }

  /** Sends the rest of a deleted VM; records that are no longer kept are a gap. */
  #finish(vm: string): boolean {
    const behind = this.#behind.get(vm);
    if (behind !== undefined) this.#advanceVm(vm, behind);
    // Its deletion says how far it came.
    const owed = this.#owed.get(vm);
    if (owed !== undefined) this.#leave(vm, owed);
    this.#owed.delete(vm);
    return !this.#behind.has(vm);
  }

  /** @returns Bytes that were sent. */
  #advanceVm(vm: string, { cursor }: Behind): number {
    const bytes = cursor.advance(PIECE_BYTES);
    this.#behind.delete(vm);
    // The others have their turn first, and what was created or deleted by now.
    if (cursor.isBehind) this.#behind.set(vm, { cursor, number: this.#options.feed.number });
    else if (cursor.owesThrough) this.#owed.set(vm, cursor);
    else this.#leave(vm, cursor);
    return bytes;
  }

  #leave(vm: string, cursor: HistoryCursor): void {
    cursor.close();
    this.#options.onLeave(vm);
  }
}
