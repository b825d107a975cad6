import type { HistoryRecord } from '../../journal/index.js';
import { filterOf } from '../conditions/filter.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { ApiError } from '../wire/errors.js';
import { type EndReason, type HistoryQuery, writeHistory } from '../wire/frames.js';
import { selectorOf } from '../wire/labels.js';
import { FleetFeed } from './fleet-feed.js';
import type { FleetQuery } from './fleet-frames.js';
import { FleetSource } from './fleet-source.js';
import type { FrameSink } from './frame-sink.js';
import { Stream } from './stream.js';
import { VmSource } from './vm-source.js';

/** Milliseconds that clients have to close their streams when the server closes. */
const GOODBYE_MS = 500;

/** Frames kept as text for the other streams of a VM: a power of two. */
const WRITTEN_FRAMES = 64;

/** Owns the streams of all VMs. */
export class Streams {
  readonly epoch: string;
  readonly feed: FleetFeed;
  readonly #fleet: Fleet;
  readonly #byVm = new Map<string, VmStreams>();
  readonly #ofFleet = new Set<Stream>();
  readonly #writeOfFleet = writeOnce();
  readonly #heartbeat: NodeJS.Timeout;
  #onNone = () => {};
  #count = 0;

  /** @param epoch Sent to every client, so that it notices a restart of the server. */
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

  /** @throws {ApiError} If a client resumes a stream of another run of the server. */
  checkEpoch(epoch: string | undefined): void {
    if (epoch === undefined || epoch === this.epoch) return;
    throw new ApiError(
      'epoch-changed',
      `Cannot resume from epoch "${epoch}": this is epoch "${this.epoch}", and its VMs are others`,
      { epoch: this.epoch },
    );
  }

  /** @throws {ApiError} If the bound of streams is met. */
  admit(): void {
    const { streams: streamsMax } = this.#fleet.limits;
    if (this.#count >= streamsMax) {
      throw new ApiError(
        'stream-limit-reached',
        `Cannot open stream: there are ${streamsMax}, the bound; close one`,
      );
    }
  }

  /** @throws {ApiError} If the bound of streams of all VMs, or that of all streams, is met. */
  admitFleet(): void {
    this.admit();
    const { fleetStreams: fleetStreamsMax } = this.#fleet.limits;
    if (this.#ofFleet.size >= fleetStreamsMax) {
      throw new ApiError(
        'stream-limit-reached',
        `Cannot open stream of all VMs: there are ${fleetStreamsMax}, the bound; close one`,
      );
    }
  }

  /** Lets a client follow a VM. */
  open(entry: FleetVm, query: HistoryQuery, sink: FrameSink): void {
    const { id } = entry;
    const { streams, write } = this.#streamsOf(id);
    const source = new VmSource({
      entry,
      sink,
      epoch: this.epoch,
      after: query.after ?? entry.ring.head,
      filter: filterOf(query),
      write,
    });
    this.#start(new Stream(source, sink), streams, () => {
      if (streams.size === 0 && this.#byVm.get(id)?.streams === streams) this.#byVm.delete(id);
    });
  }

  /** Lets a client follow all VMs. */
  openFleet(query: FleetQuery, sink: FrameSink): void {
    const vms = query.vm === undefined ? null : new Set(query.vm);
    const isMeant = selectorOf(query);
    const source = new FleetSource({
      feed: this.feed,
      sink,
      epoch: this.epoch,
      vms: this.#fleet.size,
      after: query.after ?? this.feed.number,
      wantsVm: (id, labels) => (vms?.has(id) ?? true) && (isMeant?.(labels) ?? true),
      filter: filterOf(query),
      write: this.#writeOfFleet,
    });
    this.#start(new Stream(source, sink), this.#ofFleet);
  }

  /** Ends all streams, and waits up to {@link GOODBYE_MS} until the clients have closed theirs. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    for (const vm of [...this.#byVm.keys()]) this.#end(vm, 'shutdown');
    for (const stream of [...this.#ofFleet]) stream.end('shutdown');
    await this.#allClosed();
    for (const stream of this.#all()) stream.terminate();
  }

  #allClosed(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, GOODBYE_MS);
      this.#onNone = () => {
        clearTimeout(deadline);
        resolve();
      };
    });
  }

  #start(stream: Stream, streams: Set<Stream>, onClose = () => {}): void {
    streams.add(stream);
    this.#count += 1;
    stream.start(() => {
      streams.delete(stream);
      onClose();
      this.#count -= 1;
      if (this.#count === 0) this.#onNone();
    });
  }

  #streamsOf(vm: string): VmStreams {
    const open = this.#byVm.get(vm);
    if (open !== undefined) return open;
    const streams: VmStreams = { streams: new Set(), write: writeOnce() };
    this.#byVm.set(vm, streams);
    return streams;
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
  readonly streams: Set<Stream>;
  readonly write: (record: HistoryRecord) => string;
}

/** Writes each record once for all streams of a VM, which read it at nearly the same time. */
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
