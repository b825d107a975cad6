import { DeliverPolicy, type MsgRequest, type NextMsgRequest } from '@nats-io/jetstream';
import type { Placed } from '../log/index.js';
import { bytesBefore, type Entry, recordsOf } from './entry.js';
import type { LogFeed } from './log-feed.js';
import { tokenOf } from './names.js';
import { patiently, Refused } from './patience.js';
import type { Servers } from './servers.js';
import type { Streams } from './streams.js';

/** Milliseconds that a server that has been left behind is waited for, before another is asked. */
const BEHIND_MS = 1000;

/** Messages that are asked for at once. */
const PIECE = 1000;

export interface LogReaderOptions {
  readonly servers: Servers;
  readonly streams: Streams;
  readonly feed: LogFeed;
  readonly patienceMs: number;
}

/** An entry and the number of its message; the entry is null if it is damaged. */
export interface Numbered {
  readonly sequence: number;
  readonly entry: Entry | null;
}

/** Reads logs from their stream. */
export class LogReader {
  readonly #options: LogReaderOptions;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /** All entries of a log up to its newest known one, oldest first. */
  async entries(vm: string): Promise<Numbered[]> {
    const { feed, patienceMs } = this.#options;
    return await patiently(patienceMs, async () => {
      const last = feed.get(vm)?.sequence ?? 0;
      return last === 0 ? [] : await this.#entriesUpTo(vm, last);
    });
  }

  /** All records of a log, in order. */
  async records(vm: string): Promise<Placed[]> {
    return recordsOf((await this.entries(vm)).map(({ entry }) => entry));
  }

  /** The first entry of a log behind a message, as the leader of the stream has it; null if there is none. */
  next(vm: string, sequence: number): Promise<Numbered | null> {
    return this.#ask({ seq: sequence + 1, next_by_subj: this.#subjectOf(vm) });
  }

  /** The newest entry of a log, as the leader of the stream has it; null if there is none. */
  last(vm: string): Promise<Numbered | null> {
    return this.#ask({ last_by_subj: this.#subjectOf(vm) });
  }

  /** Reads logs whose newest message is damaged, because nothing else tells how far they go. */
  async mendLost(): Promise<void> {
    const { feed } = this.#options;
    for (const vm of feed.lost) {
      const entries = (await this.entries(vm)).map(({ entry }) => entry);
      const position = recordsOf(entries).at(-1)?.position ?? 0;
      feed.mend(vm, { position, bytes: bytesBefore(entries, position) });
    }
  }

  async #ask(query: MsgRequest | NextMsgRequest): Promise<Numbered | null> {
    const { servers, streams, feed } = this.#options;
    // The server takes the one as the other, though the types of the library do not say so.
    const message = await servers.jsm.streams.getMessage(streams.logs, query as MsgRequest);
    if (message === null) return null;
    return { sequence: message.seq, entry: await feed.entryIn(message.data) };
  }

  async #entriesUpTo(vm: string, last: number): Promise<Numbered[]> {
    const { servers, streams, feed } = this.#options;
    const consumer = await servers.js.consumers.get(streams.logs, {
      filter_subjects: this.#subjectOf(vm),
      deliver_policy: DeliverPolicy.All,
    });
    const found: Numbered[] = [];
    for (;;) {
      const messages = await consumer.fetch({ max_messages: PIECE, expires: BEHIND_MS });
      const before = found.length;
      for await (const { seq, data } of messages) {
        found.push({ sequence: seq, entry: await feed.entryIn(data) });
        if (seq >= last) return found;
      }
      if (found.length === before) {
        await this.#demandAll(vm, found.at(-1)?.sequence ?? 0);
        return found;
      }
    }
  }

  /**
   * Tells a log that was deleted or cut off meanwhile from one that a server has not all of yet.
   *
   * @throws {Refused} If there are messages behind a sequence number.
   */
  async #demandAll(vm: string, sequence: number): Promise<void> {
    const newest = await this.last(vm);
    if (newest === null || newest.sequence <= sequence) return;
    throw new Refused(`messages of "${vm}" up to ${newest.sequence} are still to come`);
  }

  #subjectOf(vm: string): string {
    return `${this.#options.streams.logPrefix}${tokenOf(vm)}`;
  }
}
