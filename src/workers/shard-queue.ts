import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  type JsMsg,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { type ObjectStore, Objm } from '@nats-io/obj';
import { type Msg, millis, nanos, type Subscription } from '@nats-io/transport-node';
import {
  connectServers,
  lastNameOf,
  natsAddressOf,
  patiently,
  type Servers,
  tokenOf,
} from '../journal/nats/index.js';
import { RULES_VERSION } from '../mmu/index.js';
import type { Shard, ShardProgress } from '../server/shards/index.js';
import { VERSION } from '../server/wire/version.js';

/** Milliseconds that servers are waited for. */
const PATIENCE_MS = 10_000;

/** Milliseconds without a sign of life after which a worker is lost, and another gets its shard. */
const LOST_MS = 15_000;

/** Milliseconds after which shards and results are dropped that nobody has fetched. */
const KEPT_MS = 86_400_000;

/** Milliseconds between two signs that the end of a long request for the next shard is waited for. */
const EXPIRES_MS = 5000;

/** The end of a shard, as it is kept. */
export type ShardEnd =
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly message: string; readonly isTooBig: boolean };

/** Words about a shard, which may be lost on the way: how far it is, or that something happened. */
export type ShardNews =
  | { readonly kind: 'progress'; readonly now: ShardProgress }
  | { readonly kind: 'ended' }
  | { readonly kind: 'cancelled' };

/** A shard that was taken out of the queue. It comes back if nothing is heard of it for a while. */
export interface Taken {
  readonly name: string;
  /** Times that it was taken, this one among them. */
  readonly times: number;
  /** A sign of life. */
  working(): void;
  /** Takes it out of the queue for good. */
  done(): Promise<void>;
  /** Gives it back to the queue. @param delayMs Milliseconds until another one gets it. */
  giveBack(delayMs?: number): void;
}

export interface ShardQueueOptions {
  /** User and password, or a token, for the servers. */
  readonly credentials?: string | undefined;
  readonly patienceMs?: number;
  /** Milliseconds without a sign of life after which a worker is lost; of the first to open the queue. */
  readonly lostMs?: number;
}

/**
 * Shards that wait for a worker, beside a journal in NATS. Only workers of the same version take them, so
 * that they come out as they would here.
 */
export class ShardQueue {
  readonly lostMs: number;
  readonly #servers: Servers;
  readonly #objects: ObjectStore;
  readonly #consumer: Consumer;
  readonly #stream: string;
  readonly #prefix: string;
  readonly #newsPrefix: string;
  readonly #patienceMs: number;

  /**
   * @param address That of the journal.
   * @throws {UnfitServers} If the address is none, or the servers are not fit for it.
   * @throws {NotWritten} If no server answers.
   */
  static async open(address: string, options: ShardQueueOptions = {}): Promise<ShardQueue> {
    const { patienceMs = PATIENCE_MS, lostMs = LOST_MS, credentials } = options;
    const read = natsAddressOf(address, credentials);
    const servers = await connectServers(read, patienceMs);
    try {
      return await patiently(patienceMs, () =>
        ShardQueue.#on(servers, read.name, { patienceMs, lostMs }),
      );
    } catch (error) {
      await servers.connection.close();
      throw error;
    }
  }

  static async #on(
    servers: Servers,
    name: string,
    times: { readonly patienceMs: number; readonly lostMs: number },
  ): Promise<ShardQueue> {
    const { js, jsm, replicas } = servers;
    const storage = StorageType.File;
    const stream = `${name}-shards`;
    await jsm.streams.add({
      ...{ name: stream, subjects: [`${name}.shard.*.*`], storage, num_replicas: replicas },
      ...{ retention: RetentionPolicy.Workqueue, max_age: nanos(KEPT_MS) },
    });
    const objects = await new Objm(js).create(`${name}-shards`, {
      ...{ replicas, storage, ttl: nanos(KEPT_MS) },
    });
    const version = tokenOf(`${VERSION} ${RULES_VERSION}`);
    const workers = `workers-${version}`;
    const prefix = `${name}.shard.${version}.`;
    const ackWait = await ackWaitOf(servers, stream, {
      ...{ durable_name: workers, filter_subject: `${prefix}*` },
      ...{ ack_policy: AckPolicy.Explicit, ack_wait: nanos(times.lostMs), max_deliver: -1 },
    });
    const consumer = await js.consumers.get(stream, workers);
    const subjects = { stream, prefix, newsPrefix: `${name}.shard-news.` };
    const lostMs = millis(ackWait);
    return new ShardQueue(servers, { objects, consumer }, { ...times, ...subjects, lostMs });
  }

  private constructor(
    servers: Servers,
    { objects, consumer }: { readonly objects: ObjectStore; readonly consumer: Consumer },
    rest: {
      readonly patienceMs: number;
      readonly lostMs: number;
      readonly stream: string;
      readonly prefix: string;
      readonly newsPrefix: string;
    },
  ) {
    this.#servers = servers;
    this.#objects = objects;
    this.#consumer = consumer;
    this.lostMs = rest.lostMs;
    this.#patienceMs = rest.patienceMs;
    this.#stream = rest.stream;
    this.#prefix = rest.prefix;
    this.#newsPrefix = rest.newsPrefix;
  }

  /** Hands a shard over. @throws {NotWritten} If it could not be. */
  async put(name: string, shard: Shard): Promise<void> {
    await this.#keep(inputOf(name), shard);
    const subject = `${this.#prefix}${tokenOf(name)}`;
    await this.#patiently(() => this.#servers.js.publish(subject, '', { msgID: name }));
  }

  /** The next shard; null if there is none for a while. */
  async take(): Promise<Taken | null> {
    const message = await this.#consumer.next({ expires: EXPIRES_MS });
    return message === null ? null : takenOf(message);
  }

  /** The shard of a name; null if nobody wants it any more. */
  async shard(name: string): Promise<Shard | null> {
    return (await this.#read(inputOf(name))) as Shard | null;
  }

  /** Keeps the end of a shard. A second time it is the same end. */
  async end(name: string, end: ShardEnd): Promise<void> {
    await this.#keep(resultOf(name), end);
    this.tell(name, { kind: 'ended' });
  }

  /** The end of a shard; null if it has not ended. */
  async ended(name: string): Promise<ShardEnd | null> {
    return (await this.#read(resultOf(name))) as ShardEnd | null;
  }

  /** Drops all there is of a shard. Whoever runs it is told. */
  async drop(name: string): Promise<void> {
    this.tell(name, { kind: 'cancelled' });
    const filter = `${this.#prefix}${tokenOf(name)}`;
    await Promise.all([
      this.#servers.jsm.streams.purge(this.#stream, { filter }),
      this.#objects.delete(inputOf(name)),
      this.#objects.delete(resultOf(name)),
    ]);
  }

  tell(name: string, news: ShardNews): void {
    const { connection } = this.#servers;
    if (!connection.isClosed())
      connection.publish(`${this.#newsPrefix}${tokenOf(name)}`, JSON.stringify(news));
  }

  /** @param listener Called with every word that comes of any shard. */
  listen(listener: (name: string, news: ShardNews) => void): Subscription {
    return this.#servers.connection.subscribe(`${this.#newsPrefix}*`, {
      callback: (error, message: Msg) => {
        if (error === null) listener(lastNameOf(message.subject), message.json<ShardNews>());
      },
    });
  }

  /** Sends what is on its way, and ends the connection. */
  async close(): Promise<void> {
    const { connection } = this.#servers;
    if (connection.isClosed() || connection.isDraining()) return;
    await connection.drain();
  }

  async #keep(name: string, value: unknown): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    await this.#patiently(() => this.#objects.putBlob({ name }, bytes));
  }

  async #read(name: string): Promise<unknown> {
    const bytes = await this.#patiently(() => this.#objects.getBlob(name));
    return bytes === null ? null : JSON.parse(new TextDecoder().decode(bytes));
  }

  #patiently<T>(ask: () => Promise<T>): Promise<T> {
    return patiently(this.#patienceMs, ask);
  }
}

/** Makes a consumer, unless another process has. @returns How long it waits, in nanoseconds. */
async function ackWaitOf(
  { jsm }: Servers,
  stream: string,
  config: Partial<ConsumerConfig> & { readonly durable_name: string },
): Promise<number> {
  const consumers = await jsm.consumers.list(stream).next();
  const there = consumers.find(({ name }) => name === config.durable_name);
  const { config: found } = there ?? (await jsm.consumers.add(stream, config));
  return found.ack_wait ?? nanos(LOST_MS);
}

function takenOf(message: JsMsg): Taken {
  return {
    name: lastNameOf(message.subject),
    times: message.info.deliveryCount,
    working: () => message.working(),
    done: async () => void (await message.ackAck()),
    giveBack: (delayMs) => message.nak(delayMs),
  };
}

const inputOf = (name: string) => `${name}/input`;
const resultOf = (name: string) => `${name}/result`;
