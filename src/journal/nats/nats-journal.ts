import {
  type Append,
  type Appended,
  type Checkpoint,
  type Journal,
  type KeptCheckpoint,
  type KeptValue,
  type LogHead,
  NotWritten,
  type Placed,
  Watchers,
} from '../log/index.js';
import { bytesBefore, bytesOf, type Entry } from './entry.js';
import { LARGE, LogFeed } from './log-feed.js';
import { LogReader } from './log-reader.js';
import { LogWriter } from './log-writer.js';
import { tokenOf } from './names.js';
import { NatsCheckpoints } from './nats-checkpoints.js';
import { NatsValues } from './nats-values.js';
import { patiently } from './patience.js';
import { connectServers, natsAddressOf, type Servers } from './servers.js';
import { openStreams, type Streams } from './streams.js';
import { worthOf } from './worth.js';

/** Milliseconds that servers are waited for. */
const PATIENCE_MS = 10_000;

export interface NatsJournalOptions {
  /** Bytes beyond which nothing that takes room is written. */
  readonly bytesMax?: number;
  /** Addresses by which the servers tell how they keep what they are given. */
  readonly monitors?: readonly string[];
  /** Milliseconds that servers are waited for. */
  readonly patienceMs?: number;
}

/** Logs in NATS: each is a subject of one stream, and checkpoints and values are beside it. */
export class NatsJournal implements Journal {
  readonly worth: string;
  readonly #servers: Servers;
  readonly #streams: Streams;
  readonly #bytesMax: number;
  readonly #patienceMs: number;
  readonly #values: NatsValues;
  readonly #checkpoints: NatsCheckpoints;
  readonly #feed: LogFeed;
  readonly #reader: LogReader;
  readonly #writer: LogWriter;
  readonly #watchers = new Watchers();

  /**
   * Opens a journal, whose streams are made if they are not there.
   *
   * @param address As {@link natsAddressOf} reads it.
   * @throws {UnfitServers} If the address is none, or the servers are not fit for it.
   * @throws {NotWritten} If no server answers.
   */
  static async open(address: string, options: NatsJournalOptions = {}): Promise<NatsJournal> {
    const { patienceMs = PATIENCE_MS, monitors = [] } = options;
    const read = natsAddressOf(address);
    const servers = await connectServers(read, patienceMs);
    try {
      const streams = await openStreams(servers, read.name, patienceMs);
      const worth = await worthOf(streams.replicas, monitors);
      const journal = new NatsJournal({ servers, streams, worth }, options);
      await journal.#values.open();
      await journal.#feed.open();
      await journal.#reader.mendLost();
      return journal;
    } catch (error) {
      await servers.connection.close();
      throw error;
    }
  }

  private constructor(
    parts: { readonly servers: Servers; readonly streams: Streams; readonly worth: string },
    { patienceMs = PATIENCE_MS, bytesMax = Number.POSITIVE_INFINITY }: NatsJournalOptions,
  ) {
    const { servers, streams, worth } = parts;
    this.worth = worth;
    this.#servers = servers;
    this.#streams = streams;
    this.#bytesMax = bytesMax;
    this.#patienceMs = patienceMs;
    const values = new NatsValues(servers, streams, patienceMs);
    const feed = new LogFeed({
      ...{ servers, streams, patienceMs },
      large: (key) => values.get(LARGE, key),
      onEntry: (vm, entry) => this.#tell(vm, entry),
    });
    this.#values = values;
    this.#checkpoints = new NatsCheckpoints(values);
    this.#feed = feed;
    this.#reader = new LogReader({ servers, streams, feed, patienceMs });
    this.#writer = new LogWriter({
      ...{ servers, streams, feed, values, patienceMs },
      reader: this.#reader,
    });
  }

  get bytes(): number {
    let bytes = 0;
    for (const [, { entry }] of this.#feed.list()) bytes += entry.bytes;
    for (const [, beside] of this.#checkpoints.bytes()) bytes += beside;
    return bytes;
  }

  async fresh(): Promise<void> {
    await Promise.all([this.#feed.fresh(), this.#values.fresh()]);
  }

  async list(): Promise<readonly LogHead[]> {
    const beside = this.#checkpoints.bytes();
    return [...this.#feed.list()].map(([vm, { entry }]) => {
      const { position, note, bytes } = entry;
      return { vm, position, note, bytes: bytes + (beside.get(vm) ?? 0) };
    });
  }

  async position(vm: string): Promise<number> {
    const entry = this.#feed.get(vm)?.entry;
    return entry === undefined || entry.isDeletion ? 0 : entry.position;
  }

  async begin(vm: string, after: number): Promise<void> {
    if (this.#has(vm)) return;
    const beginning = { position: after, bytes: 0, note: new Uint8Array() };
    await this.#writer.change(vm, () => beginning);
  }

  async append(vm: string, append: Append): Promise<Appended> {
    this.#demandRoom();
    return await this.#writer.append(vm, append);
  }

  async note(vm: string, note: Uint8Array): Promise<void> {
    if (this.#has(vm)) await this.#writer.change(vm, () => ({ note }));
  }

  async *read(vm: string, from: number): AsyncGenerator<Placed> {
    if (!this.#has(vm)) return;
    for (const one of await this.#reader.records(vm)) if (one.position >= from) yield one;
  }

  async forget(vm: string, before: number): Promise<void> {
    if (!this.#has(vm)) return;
    const entries = await this.#reader.entries(vm);
    // Records that share a message go with the last of them.
    const first = entries.findIndex(({ entry }) => entry !== null && entry.position >= before);
    const dropped = entries.slice(0, Math.max(0, first));
    const freed = dropped.reduce((sum, { entry }) => sum + bytesOf(entry), 0);
    const kept = entries[first];
    if (freed === 0 || kept === undefined) return;
    await this.#writer.change(vm, ({ bytes }) => ({ bytes: bytes - freed }));
    await this.#purge(vm, { seq: kept.sequence });
    await this.#checkpoints.drop(vm, (position) => position < before - 1);
  }

  async cut(vm: string, from: number): Promise<void> {
    if (!this.#has(vm)) return;
    const kept = (await this.#reader.entries(vm)).map(({ entry }) => entry);
    const bytes = bytesBefore(kept, from);
    await this.#writer.change(vm, ({ position }) => ({
      position: Math.min(position, from - 1),
      bytes,
    }));
    await this.#checkpoints.drop(vm, (position) => position >= from);
  }

  async delete(vm: string): Promise<void> {
    if (!this.#has(vm)) return;
    await this.#writer.change(vm, () => ({ isDeletion: true, bytes: 0, note: new Uint8Array() }));
    await this.#purge(vm, { keep: 1 });
    await this.#checkpoints.drop(vm, () => true);
    const large = this.#values.keys(LARGE, `${vm}/`);
    await Promise.all(large.map(({ key }) => this.#values.remove(LARGE, key)));
  }

  async keepCheckpoint(vm: string, checkpoint: Checkpoint): Promise<void> {
    this.#demandRoom();
    if (this.#has(vm)) await this.#checkpoints.keep(vm, checkpoint);
  }

  checkpoints(vm: string): Promise<readonly KeptCheckpoint[]> {
    return this.#checkpoints.of(vm);
  }

  dropCheckpoint(vm: string, position: number): Promise<void> {
    return this.#checkpoints.drop(vm, (one) => one === position);
  }

  async put(room: string, key: string, value: Uint8Array): Promise<void> {
    this.#demandRoom();
    await this.#values.put(room, key, value);
  }

  remove(room: string, key: string): Promise<void> {
    return this.#values.remove(room, key);
  }

  values(room: string, prefix = ''): AsyncIterable<KeptValue> {
    return this.#values.of(room, prefix);
  }

  damaged(room: string): Promise<readonly string[]> {
    return this.#values.damaged(room);
  }

  watch(listener: (vm: string, position: number) => void): () => void {
    return this.#watchers.add(listener);
  }

  async close(): Promise<void> {
    await this.#feed.close();
    await this.#values.close();
    await this.#servers.connection.close();
  }

  #has(vm: string): boolean {
    return this.#feed.get(vm)?.entry.isDeletion === false;
  }

  async #purge(vm: string, what: { readonly seq: number } | { readonly keep: number }) {
    const filter = `${this.#streams.logPrefix}${tokenOf(vm)}`;
    const { jsm } = this.#servers;
    await patiently(this.#patienceMs, () =>
      jsm.streams.purge(this.#streams.logs, { filter, ...what }),
    );
  }

  #tell(vm: string, { position, records }: Entry): void {
    for (let at = position - records.length + 1; at <= position; at += 1) {
      this.#watchers.tell(vm, at);
    }
  }

  /** @throws {NotWritten} If the journal has as many bytes as it may. */
  #demandRoom(): void {
    if (this.#bytesMax === Number.POSITIVE_INFINITY) return;
    const { bytes } = this;
    if (bytes < this.#bytesMax) return;
    const bound = `it has ${bytes} bytes, and ${this.#bytesMax} are the bound; delete VMs`;
    throw new NotWritten(bound, true);
  }
}
