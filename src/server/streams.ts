import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { HistoryRecord } from '../journal/index.js';
import { ApiError } from './errors.js';
import { EventStream } from './event-stream.js';
import { filterOf } from './filter.js';
import type { Fleet, FleetVm } from './fleet.js';
import { type EndReason, type HistoryQuery, writeHistory } from './frames.js';

/** How long clients may take to say goodbye when the server closes. */
const GOODBYE_MS = 500;

/** Written frames that are kept for the other streams of a VM: a power of two. */
const WRITTEN_FRAMES = 64;

/** Owns the streams of all VMs. */
export class Streams {
  readonly epoch: string;
  readonly #fleet: Fleet;
  readonly #byVm = new Map<string, VmStreams>();
  readonly #heartbeat: NodeJS.Timeout;
  #count = 0;

  /** @param epoch Told to every client, so that it knows a restarted server from its own. */
  constructor(fleet: Fleet, epoch: string) {
    this.epoch = epoch;
    this.#fleet = fleet;
    fleet.onDeletion((vm) => this.#end(vm, 'vm-deleted'));
    this.#heartbeat = setInterval(() => this.#beat(), fleet.limits.heartbeatMs);
    this.#heartbeat.unref();
  }

  get count(): number {
    return this.#count;
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

  /** Lets a client follow a VM. */
  open(entry: FleetVm, query: HistoryQuery, socket: WebSocket, connection: Socket): void {
    const { ring } = entry;
    const of = this.#streamsOf(entry.id);
    const stream = new EventStream({
      entry,
      socket,
      connection,
      epoch: this.epoch,
      after: query.after ?? ring.head,
      filter: filterOf(query),
      bufferBytesMax: this.#fleet.limits.streamBufferBytesMax,
      write: of.write,
    });
    of.streams.add(stream);
    this.#count += 1;
    stream.start(() => {
      this.#count -= 1;
      of.streams.delete(stream);
      if (of.streams.size === 0 && this.#byVm.get(entry.id) === of) this.#byVm.delete(entry.id);
    });
  }

  /** Ends all streams, and waits a little for the clients to take their leave. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    for (const vm of [...this.#byVm.keys()]) this.#end(vm, 'shutdown');
    const deadline = Date.now() + GOODBYE_MS;
    while (this.#count > 0 && Date.now() < deadline) await delay(10);
    for (const { streams } of this.#byVm.values()) {
      for (const stream of streams) stream.terminate();
    }
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
    for (const stream of this.#byVm.get(vm)?.streams ?? []) stream.end(reason);
  }

  #beat(): void {
    for (const { streams } of this.#byVm.values()) for (const stream of streams) stream.beat();
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

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
