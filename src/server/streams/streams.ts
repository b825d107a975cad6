import type { HistoryRecord } from '../../journal/index.js';
import { filterOf } from '../conditions/filter.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { ApiError } from '../wire/errors.js';
import { type EndReason, type HistoryQuery, writeHistory } from '../wire/frames.js';
import { selectorOf } from '../wire/labels.js';
import { EventStream, type Stream } from './event-stream.js';
import { FleetFeed } from './fleet-feed.js';
import type { FleetQuery } from './fleet-frames.js';
import { FleetStream } from './fleet-stream.js';
import type { FrameSink } from './frame-sink.js';

/** How long clients may take to say goodbye when the server closes. */
const GOODBYE_MS = 500;

/** Written frames that are kept for the other streams of a VM: a power of two. */
const WRITTEN_FRAMES = 64;

/** Owns the streams of all VMs. */
export class Streams {
  readonly epoch: string;
  readonly feed: FleetFeed;
  readonly #fleet: Fleet;
  readonly #byVm = new Map<string, VmStreams>();
  readonly #ofFleet = new Set<FleetStream>();
  readonly #writeOfFleet = writeOnce();
  readonly #heartbeat: NodeJS.Timeout;
  #onNone = () => {};
  #count = 0;

  /** @param epoch Told to every client, so that it knows a restarted server from its own. */
  constructor(fleet: Fleet, epoch: string) {
    this.epoch = epoch;
    this.feed = new FleetFeed(fleet);
    this.#fleet = fleet;
    fleet.onDeletion(({ id }) => this.#end(id, 'vm-deleted'));
    this.#heartbeat = setInterval(() => this.#beat(), fleet.limits.heartbeatMs);
    this.#heartbeat.unref();
  }

  get count(): number {
    return this.#count;
  }

  /** @throws {ApiError} If a client that comes back has known another run of the server. */
  checkEpoch(epoch: string | undefined): void {
    if (epoch === undefined || epoch === this.epoch) return;
    throw new ApiError(
      'epoch-changed',
      `Cannot resume from epoch "${epoch}": this is epoch "${this.epoch}", and its VMs are others`,
      { epoch: this.epoch },
    );
  }

  /** @throws {ApiError} If there are as many streams as there may be. */
  admit(): void {
    const { streamsMax } = this.#fleet.limits;
    if (this.#count >= streamsMax) {
      throw new ApiError(
        'stream-limit-reached',
        `Cannot open stream: there are ${streamsMax}, the bound`,
      );
    }
  }

  /** @throws {ApiError} If there are as many streams, of all VMs or at all, as there may be. */
  admitFleet(): void {
    this.admit();
    const { fleetStreamsMax } = this.#fleet.limits;
    if (this.#ofFleet.size >= fleetStreamsMax) {
      throw new ApiError(
        'stream-limit-reached',
        `Cannot open stream of all VMs: there are ${fleetStreamsMax}, the bound`,
      );
    }
  }

  /** Lets a client follow a VM. */
  open(entry: FleetVm, query: HistoryQuery, sink: FrameSink): void {
    const of = this.#streamsOf(entry.id);
    const stream = new EventStream({
      entry,
      sink,
      epoch: this.epoch,
      after: query.after ?? entry.ring.head,
      filter: filterOf(query),
      write: of.write,
    });
    of.streams.add(stream);
    this.#count += 1;
    stream.start(() => {
      of.streams.delete(stream);
      if (of.streams.size === 0 && this.#byVm.get(entry.id) === of) this.#byVm.delete(entry.id);
      this.#left();
    });
  }

  /** Lets a client follow all VMs. */
  openFleet(query: FleetQuery, sink: FrameSink): void {
    const vms = query.vm === undefined ? null : new Set(query.vm);
    const isMeant = selectorOf(query);
    const stream = new FleetStream({
      feed: this.feed,
      sink,
      epoch: this.epoch,
      vms: this.#fleet.size,
      after: query.after ?? this.feed.number,
      wantsVm: (id, labels) => (vms?.has(id) ?? true) && (isMeant?.(labels) ?? true),
      filter: filterOf(query),
      write: this.#writeOfFleet,
    });
    this.#ofFleet.add(stream);
    this.#count += 1;
    stream.start(() => {
      this.#ofFleet.delete(stream);
      this.#left();
    });
  }

  /** Ends all streams, and waits a little for the clients to take their leave. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    for (const vm of [...this.#byVm.keys()]) this.#end(vm, 'shutdown');
    for (const stream of [...this.#ofFleet]) stream.end();
    await this.#farewell();
    for (const stream of this.#all()) stream.terminate();
  }

  #farewell(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, GOODBYE_MS);
      this.#onNone = () => {
        clearTimeout(deadline);
        resolve();
      };
    });
  }

  #left(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#onNone();
  }

  #streamsOf(vm: string): VmStreams {
    let of = this.#byVm.get(vm);
    if (of === undefined) {
      of = { streams: new Set(), write: writeOnce() };
      this.#byVm.set(vm, of);
    }
    return of;
  }

  #end(vm: string, reason: EndReason): void {
    for (const stream of [...(this.#byVm.get(vm)?.streams ?? [])]) stream.end(reason);
  }

  #beat(): void {
    for (const stream of this.#all()) stream.beat();
  }

  #all(): Stream[] {
    return [...[...this.#byVm.values()].flatMap(({ streams }) => [...streams]), ...this.#ofFleet];
  }
}

interface VmStreams {
  readonly streams: Set<EventStream>;
  readonly write: (record: HistoryRecord) => string;
}

/** Streams of a VM read the same records at nearly the same time: each is written once. */
function writeOnce(): (record: HistoryRecord) => string {
  const records: HistoryRecord[] = [];
  const texts: string[] = [];
  return (record) => {
    const place = record.seq & (WRITTEN_FRAMES - 1);
    if (records[place] !== record) {
      records[place] = record;
      texts[place] = writeHistory(record);
    }
    return texts[place] as string;
  };
}
