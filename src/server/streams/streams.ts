import { type FilterFields, filterKeyOf, filterOf } from '../conditions/filter.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { EventLoop } from '../fleet/turns.js';
import { ApiError } from '../wire/errors.js';
import type { EndReason, HistoryQuery } from '../wire/frames.js';
import { selectorOf } from '../wire/labels.js';
import type { BodyForm } from './body-sink.js';
import { Crowd } from './crowd.js';
import { Epochs } from './epochs.js';
import { FleetFeed } from './fleet-feed.js';
import type { FleetQuery } from './fleet-frames.js';
import { FleetSource } from './fleet-source.js';
import { FrameLogs, type Wanted } from './frame-logs.js';
import type { FrameSink } from './frame-sink.js';
import { type Framing, LINES, serverSentEvents } from './framing.js';
import { startHeartbeat } from './heartbeat.js';
import { Pump } from './pump.js';
import { Stream } from './stream.js';
import { VmSource } from './vm-source.js';

/** Milliseconds that clients have to close their streams when the server closes. */
const GOODBYE_MS = 500;

/** Records that are written ahead in one piece. */
const AHEAD_RECORDS = 512;

/** VMs whose news are told to the readers of all VMs in one piece. */
const TOLD_VMS = 64;

export interface StreamsOptions {
  /** Another loop than that of the process, for tests. */
  readonly loop?: EventLoop | undefined;
  /** Number of creations and deletions of earlier processes. */
  readonly lives?: number | undefined;
}

/** Owns the streams of all VMs. */
export class Streams {
  readonly epochs: Epochs;
  readonly feed: FleetFeed;
  readonly #fleet: Fleet;
  readonly #pump: Pump;
  readonly #logs: FrameLogs;
  readonly #byVm = new Map<string, VmCrowd>();
  readonly #ofFleet: Crowd;
  /** VMs of which readers of all VMs were told, and whose frames are to be written. */
  readonly #told = new Set<string>();
  readonly #stopHeartbeat: () => void;
  #onNone = () => {};
  #count = 0;

  /**
   * @param epoch Sent to every client, so that it notices a restart of the server.
   */
  constructor(fleet: Fleet, epoch: string, { loop, lives }: StreamsOptions = {}) {
    this.epochs = new Epochs(epoch);
    this.#fleet = fleet;
    this.#pump = new Pump(loop);
    this.#logs = new FrameLogs(fleet.limits);
    this.#ofFleet = new Crowd({ pump: this.#pump, prepare: () => this.#prepareFleet() });
    this.feed = new FleetFeed({
      fleet,
      from: lives,
      onNews: this.#ofFleet.news,
      onChange: (entry, told) => this.#logs.hold(entry, told),
      onTold: (vm) => {
        this.#logs.close(vm);
        this.#told.add(vm);
      },
    });
    fleet.onDeletion((id) => this.#end(id, 'vm-deleted'));
    // Only a VM that could not be written is dropped while somebody follows it.
    fleet.sleeping.onRest(({ id }) => this.#end(id, 'shutdown'));
    this.#stopHeartbeat = startHeartbeat(fleet.limits.heartbeatMs, () => this.#beat());
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of frames, and of records for them, that are kept for readers. */
  get frameBytes(): number {
    return this.#logs.bytes;
  }

  /** Framing of the body of an answer. */
  framingOf(form: BodyForm, entry?: FleetVm): Framing {
    return form === 'ndjson' ? LINES : serverSentEvents(this.epochs.of(entry));
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
    if (this.#ofFleet.streams.size >= fleetStreamsMax) {
      throw new ApiError(
        'stream-limit-reached',
        `Cannot open stream of all VMs: there are ${fleetStreamsMax}, the bound; close one`,
      );
    }
  }

  /** Lets a client follow a VM. */
  open(entry: FleetVm, query: HistoryQuery, sink: FrameSink): void {
    const { id } = entry;
    entry.users += 1;
    const { crowd, stop } = this.#crowdOf(entry);
    const source = new VmSource({
      entry,
      sink,
      epoch: this.epochs.of(entry),
      after: query.after ?? entry.ring.readable,
      log: this.#logs.open(entry, wantedBy(query, sink, true)),
      wantsState: query.behind === 'state',
      onClose: () => this.#logs.close(id),
    });
    this.#start(new Stream(source, sink), crowd, () => {
      entry.users -= 1;
      if (crowd.streams.size > 0) return;
      stop();
      this.#byVm.delete(id);
    });
  }

  /** Lets a client follow all VMs. */
  openFleet(query: FleetQuery, sink: FrameSink): void {
    const vms = query.vm === undefined ? null : new Set(query.vm);
    const isMeant = selectorOf(query);
    const wanted = wantedBy(query, sink, false);
    const source = new FleetSource({
      feed: this.feed,
      sink,
      epoch: this.epochs.of(),
      vms: this.#fleet.size,
      after: query.after ?? this.feed.number,
      wantsVm: (id, labels) => (vms?.has(id) ?? true) && (isMeant?.(labels) ?? true),
      logOf: (entry) => this.#logs.open(entry, wanted),
      onLeave: (vm) => this.#logs.close(vm),
    });
    const stop = this.feed.listen((changed) => source.vmChanged(changed));
    this.#start(new Stream(source, sink), this.#ofFleet, stop);
  }

  /** Ends all streams, and waits up to {@link GOODBYE_MS} until the clients have closed theirs. */
  async close(): Promise<void> {
    this.#stopHeartbeat();
    for (const stream of this.#all()) stream.end('shutdown');
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

  #start(stream: Stream, crowd: Crowd, onClose: () => void): void {
    crowd.streams.add(stream);
    this.#count += 1;
    stream.start(
      () => crowd.wake(stream),
      () => {
        crowd.leave(stream);
        onClose();
        this.#count -= 1;
        if (this.#count === 0) this.#onNone();
      },
    );
  }

  #crowdOf({ id, ring }: FleetVm): VmCrowd {
    const open = this.#byVm.get(id);
    if (open !== undefined) return open;
    const prepare = () => this.#logs.writeAhead(id, AHEAD_RECORDS) < AHEAD_RECORDS;
    const crowd = new Crowd({ pump: this.#pump, prepare });
    const opened = { crowd, stop: ring.listen(crowd.news) };
    this.#byVm.set(id, opened);
    return opened;
  }

  #prepareFleet(): boolean {
    const isAllTold = this.feed.tell(TOLD_VMS);
    let left = AHEAD_RECORDS;
    for (const vm of this.#told) {
      const written = this.#logs.writeAhead(vm, left);
      if (written < left) this.#told.delete(vm);
      left -= written;
      if (left === 0) break;
    }
    return isAllTold && this.#told.size === 0;
  }

  #end(vm: string, reason: EndReason): void {
    for (const stream of this.#byVm.get(vm)?.crowd.streams ?? []) stream.end(reason);
  }

  #beat(): void {
    for (const stream of this.#all()) stream.beat();
  }

  #all(): Stream[] {
    const ofVms = [...this.#byVm.values()].flatMap(({ crowd }) => [...crowd.streams]);
    return [...ofVms, ...this.#ofFleet.streams];
  }
}

/** The readers of one VM, and how they stop to listen to it. */
interface VmCrowd {
  readonly crowd: Crowd;
  readonly stop: () => void;
}

function wantedBy(fields: FilterFields, { framing }: FrameSink, isPlace: boolean): Wanted {
  return { filter: filterOf(fields), filterKey: filterKeyOf(fields), framing, isPlace };
}
