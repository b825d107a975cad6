import type { JsMsg } from '@nats-io/jetstream';
import { headers, type MsgHdrs, nuid } from '@nats-io/transport-node';
import { decodeEntry, type Entry } from './entry.js';
import { Follower } from './follower.js';
import { Marks } from './marks.js';
import { lastNameOf } from './names.js';
import { CLAIM } from './owner.js';
import { patiently } from './patience.js';
import type { Servers } from './servers.js';
import type { Streams } from './streams.js';

/** The facts of a log that are known without reading it. */
export interface Head {
  /** Number of its newest message in the stream, which a next one has to follow. */
  readonly sequence: number;
  readonly entry: Omit<Entry, 'records'>;
  /** Whether the message is damaged, and nothing is known of the log before it. */
  readonly isLost: boolean;
}

/** The begin of a log, or its end. */
export type Life = 'begun' | 'deleted';

/** Room of the entries that are too large for a message, by VM and identity. */
export const LARGE = 'large';

export interface LogFeedOptions {
  readonly servers: Servers;
  readonly streams: Streams;
  readonly patienceMs: number;
  /** Reads an entry that is kept elsewhere. */
  readonly large: (key: string) => Promise<Uint8Array | null | undefined>;
  /** Called with each entry that comes once the feed is open, in the order of its log. */
  readonly onEntry: (vm: string, entry: Entry) => void;
  /** Called when a log begins or ends once the feed is open, in the order of the stream. */
  readonly onLife: (vm: string, life: Life) => void;
  /** Called with each claim to the journal, in the order of the stream. */
  readonly onClaim: (text: string) => void;
}

/** The heads of all logs, as the stream of them is followed. */
export class LogFeed {
  readonly #options: LogFeedOptions;
  readonly #heads = new Map<string, Head>();
  readonly #replica = nuid.next();
  readonly #marks: Marks;
  /** The newest that is known of each log's life, in the order of the stream. */
  readonly #lives = new Map<string, Life>();
  #deleted = 0;
  #follower: Follower | null = null;
  #isOpen = false;

  constructor(options: LogFeedOptions) {
    this.#options = options;
    const { servers, streams, patienceMs } = options;
    const subject = `${streams.markPrefix}${this.#replica}`;
    const send = async (number: number) =>
      servers.connection.publish(subject, String(number), { headers: newestAlone() });
    this.#marks = new Marks(send, patienceMs);
  }

  async open(): Promise<void> {
    const { servers, streams, patienceMs } = this.#options;
    const { js } = servers;
    const subjects = [`${streams.logPrefix}*`, `${streams.markPrefix}*`];
    const take = (message: JsMsg) => this.#take(message);
    this.#follower = await patiently(patienceMs, () =>
      Follower.start({ js, stream: streams.logs, subjects, take }),
    );
    await this.fresh();
    this.#isOpen = true;
  }

  /** Resolves when all that was acknowledged before is known here. */
  fresh(): Promise<void> {
    return this.#marks.passed();
  }

  /** Logs that were begun, and logs that were deleted, together: a name is never used again. */
  get lives(): number {
    return this.#lives.size + this.#deleted;
  }

  /** Writes a claim to the journal. */
  async claim(text: string): Promise<void> {
    const { servers, streams } = this.#options;
    const subject = `${streams.markPrefix}${CLAIM}`;
    await servers.js.publish(subject, text, { headers: newestAlone() });
  }

  async close(): Promise<void> {
    const { servers, streams } = this.#options;
    await this.#follower?.stop();
    const filter = `${streams.markPrefix}${this.#replica}`;
    await servers.jsm.streams.purge(streams.logs, { filter }).catch(() => {});
  }

  /** The heads of all logs that are there. */
  *list(): Generator<[vm: string, head: Head]> {
    for (const one of this.#heads) if (!one[1].entry.isDeletion) yield one;
  }

  /** The head of a log, also of one that was deleted. */
  get(vm: string): Head | undefined {
    return this.#heads.get(vm);
  }

  /** Takes notice of an entry, which may be known. */
  learn(vm: string, sequence: number, entry: Entry, isLost = false): void {
    const known = this.#heads.get(vm);
    if (known !== undefined && sequence <= known.sequence) return;
    const { records: _, ...head } = entry;
    this.#heads.set(vm, { sequence, entry: head, isLost });
    if (this.#isOpen) this.#options.onEntry(vm, entry);
  }

  /** Logs whose newest message is damaged, and of which no other is known. */
  get lost(): readonly string[] {
    return [...this.#heads].filter(([, { isLost }]) => isLost).map(([vm]) => vm);
  }

  /** Takes notice of what was found of a log whose newest message is damaged. */
  mend(vm: string, found: Pick<Entry, 'position' | 'bytes'>): void {
    const { sequence, entry } = this.#heads.get(vm) as Head;
    this.#heads.set(vm, { sequence, entry: { ...entry, ...found }, isLost: false });
  }

  /** Takes notice that nothing is left of a log. */
  forget(vm: string): void {
    this.#heads.delete(vm);
  }

  /** Reads the entry in a message; null if it is damaged. */
  async entryIn(data: Uint8Array): Promise<Entry | null> {
    const read = decodeEntry(data);
    if (read === null || !('key' in read)) return read;
    const large = await this.#options.large(read.key);
    const entry = large == null ? null : decodeEntry(large);
    return entry === null || 'key' in entry ? null : entry;
  }

  async #take(message: JsMsg): Promise<void> {
    const { subject, seq, data } = message;
    const name = lastNameOf(subject);
    if (subject.startsWith(this.#options.streams.markPrefix)) {
      if (name === this.#replica) this.#marks.seen(Number(message.string()));
      if (name === CLAIM) this.#options.onClaim(message.string());
      return;
    }
    const known = this.#heads.get(name);
    if (known !== undefined && seq <= known.sequence) {
      const isNewest = seq === known.sequence;
      this.#live(name, isNewest ? known.entry.isDeletion : isDeletionIn(data));
      return;
    }
    const entry = await this.entryIn(data);
    this.learn(name, seq, entry ?? lostAfter(known), entry === null && known === undefined);
    this.#live(name, entry?.isDeletion === true);
  }

  /** Takes notice of a message of a log, in the order of the stream. */
  #live(vm: string, isDeletion: boolean): void {
    const before = this.#lives.get(vm);
    if (before === undefined) this.#turn(vm, 'begun');
    if (isDeletion && before !== 'deleted') {
      this.#deleted += 1;
      this.#turn(vm, 'deleted');
    }
  }

  #turn(vm: string, life: Life): void {
    this.#lives.set(vm, life);
    if (this.#isOpen) this.#options.onLife(vm, life);
  }
}

/** Has the stream keep the newest message of a subject alone. */
function newestAlone(): MsgHdrs {
  const told = headers();
  told.set('Nats-Rollup', 'sub');
  return told;
}

function isDeletionIn(data: Uint8Array): boolean {
  const entry = decodeEntry(data);
  return entry !== null && 'isDeletion' in entry && entry.isDeletion;
}

/** Stands for a message that is damaged: nobody knows more than that it had a record. */
function lostAfter(known: Head | undefined): Entry {
  const { position = 0, bytes = 0, note = new Uint8Array() } = known?.entry ?? {};
  return { identity: '', isDeletion: false, position: position + 1, bytes, note, records: [] };
}
