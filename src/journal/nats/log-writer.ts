import { nuid } from '@nats-io/transport-node';
import { type Append, type Appended, encodeRecord, type Placed } from '../log/index.js';
import { type Entry, encodeElsewhere, encodeEntry, placedIn } from './entry.js';
import { LARGE, type LogFeed } from './log-feed.js';
import type { LogReader, Numbered } from './log-reader.js';
import { tokenOf } from './names.js';
import type { NatsValues } from './nats-values.js';
import { isConflict, patiently, Refused } from './patience.js';
import type { Servers } from './servers.js';
import type { Streams } from './streams.js';

/** Bytes of a message besides its entry: subject and headers. */
const AROUND_BYTES = 1024;

/** Bytes of records that go into one message together. */
const TOGETHER_BYTES = 256 * 1024;

interface Waiting extends Omit<Append, 'record'> {
  readonly record: Uint8Array;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

export interface LogWriterOptions {
  readonly servers: Servers;
  readonly streams: Streams;
  readonly feed: LogFeed;
  readonly reader: LogReader;
  readonly values: NatsValues;
  readonly patienceMs: number;
}

/** Parts of an entry, by the newest one; its writer adds the rest. */
type Change = (head: Omit<Entry, 'records'>) => Partial<Entry>;

const NO_LOG: Omit<Entry, 'records'> = {
  ...{ identity: '', isDeletion: true, position: 0, bytes: 0, note: new Uint8Array() },
};

/**
 * Writes logs: one message of a log at a time, each expecting the one before. What gathers meanwhile
 * becomes the next message, so that it is kept together or not at all.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  /** Appends that wait, by VM; an entry as long as one of them is written. */
  readonly #queues = new Map<string, Waiting[]>();

  constructor(options: LogWriterOptions) {
    this.#options = options;
  }

  append(vm: string, { record, after, note }: Append): Promise<Appended> {
    return new Promise((resolve, reject) => {
      const waiting = { record: encodeRecord(record), after, note, resolve, reject };
      const queue = this.#queues.get(vm);
      if (queue !== undefined) queue.push(waiting);
      else {
        this.#queues.set(vm, [waiting]);
        // In the next turn of promises: what is asked for together is written together.
        queueMicrotask(() => void this.#writeAll(vm));
      }
    });
  }

  /** Writes an entry that has no records, whatever others write meanwhile. */
  async change(vm: string, to: Change): Promise<void> {
    while (!(await this.changeKnown(vm, to)));
  }

  /** Writes an entry that has no records, unless there is one of others. @returns Whether it is written. */
  async changeKnown(vm: string, to: Change): Promise<boolean> {
    const known = this.#options.feed.get(vm);
    const head = known?.entry ?? NO_LOG;
    const identity = nuid.next();
    const entry = { ...head, isDeletion: false, ...to(head), identity, records: [] };
    return (await this.#write(vm, known?.sequence ?? 0, entry)) === null;
  }

  async #writeAll(vm: string): Promise<void> {
    const queue = this.#queues.get(vm) ?? [];
    while (queue.length > 0) {
      const group = this.#takeGroup(vm, queue);
      try {
        await this.#writeGroup(vm, group);
      } catch (error) {
        // Those that follow lean on it.
        for (const { reject } of [...group, ...queue.splice(0)]) reject(error);
      }
    }
    this.#queues.delete(vm);
  }

  /** Takes the appends that follow each other; the first one alone if the log is not as it expects. */
  #takeGroup(vm: string, queue: Waiting[]): Waiting[] {
    const position = this.#positionOf(vm);
    let count = 0;
    let bytes = 0;
    for (const { after, record } of queue) {
      bytes += record.length;
      if (after !== position + count || (count > 0 && bytes > TOGETHER_BYTES)) break;
      count += 1;
    }
    return queue.splice(0, Math.max(1, count));
  }

  #positionOf(vm: string): number {
    const head = this.#options.feed.get(vm)?.entry;
    return head === undefined || head.isDeletion ? 0 : head.position;
  }

  async #writeGroup(vm: string, group: readonly Waiting[], isFresh = false): Promise<void> {
    const { feed } = this.#options;
    const [first] = group as [Waiting];
    const known = feed.get(vm);
    const head = known === undefined || known.entry.isDeletion ? NO_LOG : known.entry;
    if (head.position !== first.after) {
      if (isFresh) return first.resolve({ tail: await this.#tail(vm, first.after) });
      await feed.fresh();
      return await this.#writeGroup(vm, group, true);
    }
    const records = group.map(({ record }) => record);
    const outcome = await this.#write(vm, known?.sequence ?? 0, {
      identity: nuid.next(),
      isDeletion: false,
      position: first.after + records.length,
      bytes: records.reduce((sum, { length }) => sum + length, head.bytes),
      note: (group.at(-1) as Waiting).note,
      records,
    });
    // Others wrote a note, and no record: the group belongs where it did.
    if (outcome?.length === 0 && this.#positionOf(vm) === first.after) {
      return await this.#writeGroup(vm, group, isFresh);
    }
    for (const [index, { after, resolve }] of group.entries()) {
      if (outcome === null) resolve({ position: after + 1 });
      else resolve({ tail: index === 0 ? outcome : outcome.slice(index) });
    }
  }

  /** The records behind a number that others wrote. */
  async #tail(vm: string, after: number): Promise<Placed[]> {
    const records = await this.#options.reader.records(vm);
    return records.filter(({ position }) => position > after);
  }

  /**
   * Writes an entry behind a message.
   *
   * @returns Null if it is written, or the records of others that are there in its place.
   * @throws {NotWritten} If it may or may not be written, or there is no room.
   */
  async #write(vm: string, after: number, entry: Entry): Promise<Placed[] | null> {
    const { patienceMs, streams, servers, feed } = this.#options;
    const payload = await this.#payloadOf(vm, entry);
    const subject = `${streams.logPrefix}${tokenOf(vm)}`;
    return await patiently(patienceMs, async () => {
      try {
        const expect = { lastSubjectSequence: after };
        const { seq } = await servers.js.publish(subject, payload, { expect });
        feed.learn(vm, seq, entry);
        return null;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
      return await this.#judge(vm, after, entry);
    });
  }

  /**
   * Compares, before it believes in a conflict: an entry whose acknowledgement was lost meets itself.
   *
   * @returns Null if the entry is written.
   */
  async #judge(vm: string, after: number, mine: Entry): Promise<Placed[] | null> {
    const { reader, feed, patienceMs } = this.#options;
    const found: Numbered[] = [];
    for (let last = after; ; ) {
      const next = await patiently(patienceMs, () => reader.next(vm, last));
      if (next === null) break;
      found.push(next);
      last = next.sequence;
    }
    if (found.length === 0) return await this.#judgeEmpty(vm, after);
    const isMine = found[0]?.entry?.identity === mine.identity;
    for (const { sequence, entry } of found) if (entry !== null) feed.learn(vm, sequence, entry);
    return isMine ? null : found.flatMap(({ entry }) => (entry === null ? [] : placedIn(entry)));
  }

  /** Nothing follows the message that was expected, and yet the write was refused. */
  async #judgeEmpty(vm: string, after: number): Promise<Placed[]> {
    const { reader, feed, patienceMs } = this.#options;
    const last = await patiently(patienceMs, () => reader.last(vm));
    if (last?.sequence === after) throw new Refused(`message ${after} is the newest one after all`);
    // All of the log is gone.
    feed.forget(vm);
    return [];
  }

  async #payloadOf(vm: string, entry: Entry): Promise<Uint8Array> {
    const payload = encodeEntry(entry);
    const { max_payload: bytesMax = 0 } = this.#options.servers.connection.info ?? {};
    if (payload.length + AROUND_BYTES <= bytesMax) return payload;
    const key = `${vm}/${entry.identity}`;
    await this.#options.values.put(LARGE, key, payload);
    return encodeElsewhere(key);
  }
}
