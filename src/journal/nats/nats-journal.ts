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
  type SharedLogs,
  Watchers,
} from '../log/index.js';
import { LogCutter } from './log-cutter.js';
import { LARGE, LogFeed } from './log-feed.js';
import { LogReader } from './log-reader.js';
import { LogWriter } from './log-writer.js';
import { NatsCheckpoints } from './nats-checkpoints.js';
import { NatsValues } from './nats-values.js';
import { Owner } from './owner.js';
import { connectServers, natsAddressOf, type Servers } from './servers.js';
import { NatsSharedLogs, tellEntry } from './shared-logs.js';
import { demandStreams, openStreams, type Streams } from './streams.js';
import { worthOf } from './worth.js';

/** Milliseconds that servers are waited for, where nobody says otherwise. */
const PATIENCE_MS = 10_000;

export interface NatsJournalOptions {
  /** Bytes beyond which nothing that takes room is written. */
  readonly bytesMax?: number;
  /** Addresses by which the servers tell how they keep what they are given. */
  readonly monitors?: readonly string[];
  /** Milliseconds that servers are waited for. */
  readonly patienceMs?: number;
  /** User and password, or a token, for the servers. */
  readonly credentials?: string | undefined;
  /** Whether a journal of that name has to be there already. */
  readonly isKept?: boolean;
  /**
   * Takes the journal for this process alone. Called when another one has taken it, which happens only to
   * a process that did not answer; it writes no more then.
   */
  readonly onTaken?: (by: string) => void;
}

/** Logs in NATS: each is a subject of one stream, and checkpoints and values are beside it. */
export class NatsJournal implements Journal {
  readonly hasTransactions = false;
  readonly worth: string;
  readonly shared: SharedLogs;
  readonly #servers: Servers;
  readonly #streams: Streams;
  readonly #bytesMax: number;
  readonly #patienceMs: number;
  readonly #values: NatsValues;
  readonly #checkpoints: NatsCheckpoints;
  readonly #feed: LogFeed;
  readonly #reader: LogReader;
  readonly #writer: LogWriter;
  readonly #cutter: LogCutter;
  #owner: Owner | null = null;

  /**
   * Opens a journal, whose streams are made if they are not there.
   *
   * @param address As {@link natsAddressOf} reads it.
   * @throws {UnfitServers} If the address is none, or the servers are not fit for it.
   * @throws {JournalTaken} If it is to be taken, and a process that lives has it.
   * @throws {NotWritten} If no server answers.
   */
  static async open(address: string, options: NatsJournalOptions = {}): Promise<NatsJournal> {
    const { patienceMs = PATIENCE_MS, monitors = [], credentials, isKept = false } = options;
    const read = natsAddressOf(address, credentials);
    const servers = await connectServers(read, patienceMs);
    try {
      if (isKept) await demandStreams(servers, read.name, patienceMs);
      const streams = await openStreams(servers, read.name, patienceMs);
      const worth = await worthOf(streams.replicas, monitors);
      const journal = new NatsJournal({ servers, streams, worth }, options);
      await journal.#values.open();
      await journal.#feed.open();
      await journal.#take(options);
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
    const watchers = new Watchers();
    const values = new NatsValues({
      ...{ servers, streams, patienceMs },
      onValue: (room, key) => watchers.valueChanged(room, key),
    });
    const feed = new LogFeed({
      ...{ servers, streams, patienceMs },
      large: (key) => values.get(LARGE, key),
      onEntry: (vm, entry) => tellEntry(watchers, vm, entry),
      onLife: (vm, life) => watchers.lived(vm, life),
      onClaim: (text) => this.#owner?.claimed(text),
    });
    const reader = new LogReader({ servers, streams, feed, patienceMs });
    const common = { servers, streams, values, patienceMs, reader };
    const writer = new LogWriter({ ...common, feed });
    const checkpoints = new NatsCheckpoints(values);
    this.#values = values;
    this.#checkpoints = checkpoints;
    this.#feed = feed;
    this.#reader = reader;
    this.#writer = writer;
    const cutter = new LogCutter({ ...common, writer, checkpoints });
    this.#cutter = cutter;
    this.shared = new NatsSharedLogs({ feed, values, cutter, watchers });
  }

  get bytes(): number {
    let bytes = 0;
    for (const [, { entry }] of this.#feed.list()) bytes += entry.bytes;
    return [...this.#checkpoints.bytes().values()].reduce((sum, one) => sum + one, bytes);
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
    if (this.#has(vm)) await this.#cutter.forget(vm, before);
  }

  async cut(vm: string, from: number): Promise<void> {
    if (this.#has(vm)) await this.#cutter.cut(vm, from);
  }

  async delete(vm: string): Promise<void> {
    if (this.#has(vm)) await this.#cutter.delete(vm);
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

  async close(): Promise<void> {
    this.#owner?.release();
    await this.#feed.close();
    await this.#values.close();
    await this.#servers.connection.close();
  }

  async #take({ onTaken }: NatsJournalOptions): Promise<void> {
    if (onTaken === undefined) return;
    const { ownerSubject: subject } = this.#streams;
    const claim = (text: string) => this.#feed.claim(text);
    const options = { servers: this.#servers, subject, patienceMs: this.#patienceMs };
    this.#owner = new Owner({ ...options, claim, onTaken });
    await this.#owner.take();
    // The one before may have written until it was taken.
    await this.fresh();
  }

  #has(vm: string): boolean {
    return this.#feed.get(vm)?.entry.isDeletion === false;
  }

  /** @throws {NotWritten} If another process has the journal, or it has as many bytes as it may. */
  #demandRoom(): void {
    const { takenBy = null } = this.#owner ?? {};
    if (takenBy !== null) throw new NotWritten(`${takenBy} has taken the journal`, false);
    if (this.#bytesMax === Number.POSITIVE_INFINITY) return;
    const { bytes } = this;
    if (bytes < this.#bytesMax) return;
    const bound = `it has ${bytes} bytes, and ${this.#bytesMax} are the bound; delete VMs`;
    throw new NotWritten(bound, true);
  }
}
