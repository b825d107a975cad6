import type { JsMsg } from '@nats-io/jetstream';
import { headers, nuid } from '@nats-io/transport-node';
import { type KeptValue, seal, unsealed } from '../log/index.js';
import { Follower } from './follower.js';
import { Marks } from './marks.js';
import { lastNameOf, nameFrom, tokenOf } from './names.js';
import { isConflict, patiently, Refused } from './patience.js';
import type { Servers } from './servers.js';
import type { Streams } from './streams.js';

/** Bytes above which a value becomes an object, which is kept in pieces. */
const VALUE_BYTES_MAX = 256 * 1024;

/** Values that are read at the same time. */
const READ_TOGETHER = 32;

/** Room of the marks, which nobody reads. */
const MARKS = 'mark';

/** Header of a message by which a bucket tells that a value is gone. */
const OPERATION = 'KV-Operation';

const HERE = 0;
const OBJECT = 1;

/** The facts of a value that are known without reading it. */
interface Known {
  /** Number of the message that has it. */
  readonly revision: number;
  /** Bytes of the value, sealed. */
  readonly bytes: number;
  /** Name of its object; null if the message has it. */
  readonly object: string | null;
}

export interface NatsValuesOptions {
  readonly servers: Servers;
  readonly streams: Streams;
  readonly patienceMs: number;
  /** Called with each value that comes or goes, once all that there were are known. */
  readonly onValue: (room: string, key: string) => void;
}

/**
 * Values in rooms, under keys: small ones in a bucket of keys and values, and large ones as objects,
 * which their values name. Where each value is is known in memory, because the bucket is followed.
 */
export class NatsValues {
  readonly #servers: Servers;
  readonly #streams: Streams;
  readonly #patienceMs: number;
  readonly #onValue: NatsValuesOptions['onValue'];
  readonly #rooms = new Map<string, Map<string, Known>>();
  readonly #replica = nuid.next();
  readonly #marks: Marks;
  #follower: Follower | null = null;
  #isOpen = false;

  constructor({ servers, streams, patienceMs, onValue }: NatsValuesOptions) {
    this.#servers = servers;
    this.#streams = streams;
    this.#patienceMs = patienceMs;
    this.#onValue = onValue;
    const send = (number: number) =>
      streams.values.put(`${MARKS}.${this.#replica}`, String(number));
    this.#marks = new Marks(send, patienceMs);
  }

  async open(): Promise<void> {
    const { valuesStream: stream, valuePrefix } = this.#streams;
    const { js } = this.#servers;
    const take = (message: JsMsg) => this.#take(message);
    this.#follower = await patiently(this.#patienceMs, () =>
      Follower.start({ js, stream, subjects: [`${valuePrefix}>`], take }),
    );
    await this.fresh();
    this.#isOpen = true;
  }

  /** Resolves when all that was put or removed before is known here. */
  fresh(): Promise<void> {
    return this.#marks.passed();
  }

  async close(): Promise<void> {
    await this.#follower?.stop();
    const mark = `${this.#streams.valuePrefix}${MARKS}.${this.#replica}`;
    await this.#purge(mark, Number.MAX_SAFE_INTEGER - 1).catch(() => {});
  }

  async put(room: string, key: string, value: Uint8Array): Promise<void> {
    const { values, objects } = this.#streams;
    const sealed = seal(value);
    const before = this.#rooms.get(room)?.get(key);
    const object = sealed.length > VALUE_BYTES_MAX ? `${room}/${nuid.next()}` : null;
    if (object !== null) {
      await this.#patiently(() => objects.putBlob({ name: object }, sealed));
    }
    const message = encode(sealed, object);
    const revision = await this.#patiently(() => values.put(keyOf(room, key), message));
    this.#learn(room, key, { revision, bytes: sealed.length, object });
    if (before?.object != null) await this.#dropObject(before.object);
  }

  /** Puts a small value if there is none under its key. @returns Whether it was put. */
  async claim(room: string, key: string, value: Uint8Array): Promise<boolean> {
    const sealed = seal(value);
    const message = encode(sealed, null);
    const revision = await this.#patiently(() => this.#create(keyOf(room, key), message));
    if (revision === null) return false;
    this.#learn(room, key, { revision, bytes: sealed.length, object: null });
    return true;
  }

  /** @returns Number of the message; null if there is another one in its place. */
  async #create(key: string, message: Uint8Array): Promise<number | null> {
    const { values } = this.#streams;
    try {
      return await values.create(key, message);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
    // It meets itself where its acknowledgement was lost.
    const found = await values.get(key);
    const isMine = found !== null && Buffer.compare(found.value, message) === 0;
    if (found === null) throw new Refused(`there is no value under ${key} after all`);
    return isMine ? found.revision : null;
  }

  async remove(room: string, key: string): Promise<void> {
    const known = this.#rooms.get(room)?.get(key);
    if (known === undefined) return;
    const subject = `${this.#streams.valuePrefix}${keyOf(room, key)}`;
    const gone = headers();
    gone.set(OPERATION, 'DEL');
    const publish = () => this.#servers.js.publish(subject, undefined, { headers: gone });
    const { seq } = await this.#patiently(publish);
    this.#forget(room, key, seq);
    // The word that it is gone takes room and says nothing to come; nobody waits for its end.
    this.#purge(subject, seq).catch(() => {});
    if (known.object !== null) await this.#dropObject(known.object);
  }

  /** Keys in a room that begin so, in their order, with the bytes of each value. */
  keys(room: string, prefix = ''): { readonly key: string; readonly bytes: number }[] {
    return [...(this.#rooms.get(room) ?? [])]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { bytes }]) => ({ key, bytes }));
  }

  /** A value; null if it was changed since it was written, and undefined if there is none. */
  async get(room: string, key: string): Promise<Uint8Array | null | undefined> {
    const known = this.#rooms.get(room)?.get(key);
    if (known === undefined) return undefined;
    const { values, objects } = this.#streams;
    const { revision, object } = known;
    if (object !== null) {
      const sealed = await this.#patiently(() => objects.getBlob(object));
      return sealed === null ? null : unsealed(sealed);
    }
    const find = () => values.get(keyOf(room, key), { revision });
    const entry = await this.#patiently(find);
    return entry === null ? undefined : unsealed(entry.value.subarray(1));
  }

  async *of(room: string, prefix: string): AsyncGenerator<KeptValue> {
    for await (const [key, value] of this.#read(room, prefix)) {
      if (value != null) yield { key, value };
    }
  }

  async damaged(room: string): Promise<string[]> {
    const damaged: string[] = [];
    for await (const [key, value] of this.#read(room, '')) if (value === null) damaged.push(key);
    return damaged;
  }

  async *#read(room: string, prefix: string) {
    const keys = this.keys(room, prefix).map(({ key }) => key);
    for (let from = 0; from < keys.length; from += READ_TOGETHER) {
      const some = keys.slice(from, from + READ_TOGETHER);
      const values = await Promise.all(some.map((key) => this.get(room, key)));
      for (const [index, key] of some.entries()) yield [key, values[index]] as const;
    }
  }

  #patiently<T>(ask: () => Promise<T>): Promise<T> {
    return patiently(this.#patienceMs, ask);
  }

  async #dropObject(name: string): Promise<void> {
    await this.#patiently(() => this.#streams.objects.delete(name));
  }

  /** Drops the messages of a subject up to a number. */
  async #purge(filter: string, upTo: number): Promise<void> {
    const { valuesStream } = this.#streams;
    await this.#servers.jsm.streams.purge(valuesStream, { filter, seq: upTo + 1 });
  }

  #take(message: JsMsg): void {
    const { subject, seq, data, headers: told } = message;
    const [room = '', token = ''] = subject.slice(this.#streams.valuePrefix.length).split('.');
    if (room === MARKS) {
      if (lastNameOf(subject) === this.#replica) this.#marks.seen(Number(message.string()));
      return;
    }
    const key = nameFrom(token);
    if (told?.has(OPERATION)) this.#forget(nameFrom(room), key, seq);
    else this.#learn(nameFrom(room), key, { revision: seq, ...decode(data) });
    if (this.#isOpen) this.#onValue(nameFrom(room), key);
  }

  #learn(room: string, key: string, known: Known): void {
    const kept = this.#rooms.get(room) ?? new Map<string, Known>();
    if ((kept.get(key)?.revision ?? 0) < known.revision) kept.set(key, known);
    this.#rooms.set(room, kept);
  }

  /** @param revision Number of the message up to which the value is gone. */
  #forget(room: string, key: string, revision: number): void {
    const kept = this.#rooms.get(room);
    if ((kept?.get(key)?.revision ?? 0) <= revision) kept?.delete(key);
  }
}

function keyOf(room: string, key: string): string {
  return `${tokenOf(room)}.${tokenOf(key)}`;
}

/** Whether it is here, and what is; or the bytes of what is elsewhere, and its name. */
function encode(sealed: Uint8Array, object: string | null): Uint8Array {
  if (object === null) return Buffer.concat([Uint8Array.of(HERE), sealed]);
  const name = new TextEncoder().encode(`${sealed.length} ${object}`);
  return Buffer.concat([Uint8Array.of(OBJECT), name]);
}

function decode(message: Uint8Array): Omit<Known, 'revision'> {
  const rest = message.subarray(1);
  if (message[0] !== OBJECT) return { bytes: rest.length, object: null };
  const [bytes = '', object = ''] = new TextDecoder().decode(rest).split(' ');
  return { bytes: Number(bytes), object };
}
