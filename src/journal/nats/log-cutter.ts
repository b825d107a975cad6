import { bytesBefore, bytesOf } from './entry.js';
import { LARGE } from './log-feed.js';
import type { LogReader } from './log-reader.js';
import type { LogWriter } from './log-writer.js';
import { tokenOf } from './names.js';
import type { NatsCheckpoints } from './nats-checkpoints.js';
import type { NatsValues } from './nats-values.js';
import { patiently } from './patience.js';
import type { Servers } from './servers.js';
import type { Streams } from './streams.js';

export interface LogCutterOptions {
  readonly servers: Servers;
  readonly streams: Streams;
  readonly reader: LogReader;
  readonly writer: LogWriter;
  readonly values: NatsValues;
  readonly checkpoints: NatsCheckpoints;
  readonly patienceMs: number;
}

/** The end of a log. */
const END = { isDeletion: true, bytes: 0, note: new Uint8Array() };

/** Drops logs, and parts of them. Each time a message tells of it first, so that every process hears of it. */
export class LogCutter {
  readonly #options: LogCutterOptions;

  constructor(options: LogCutterOptions) {
    this.#options = options;
  }

  /** Drops the records before a number. Records that share a message go with the last of them. */
  async forget(vm: string, before: number): Promise<void> {
    const { reader, writer, checkpoints } = this.#options;
    const entries = await reader.entries(vm);
    const first = entries.findIndex(({ entry }) => entry !== null && entry.position >= before);
    const dropped = entries.slice(0, Math.max(0, first));
    const freed = dropped.reduce((sum, { entry }) => sum + bytesOf(entry), 0);
    const kept = entries[first];
    if (freed === 0 || kept === undefined) return;
    await writer.change(vm, ({ bytes }) => ({ bytes: bytes - freed }));
    await this.#purge(vm, { seq: kept.sequence });
    await checkpoints.drop(vm, (position) => position < before - 1);
  }

  /** Drops the records from a number on. */
  async cut(vm: string, from: number): Promise<void> {
    const { reader, writer, checkpoints } = this.#options;
    const entries = (await reader.entries(vm)).map(({ entry }) => entry);
    const bytes = bytesBefore(entries, from);
    await writer.change(vm, ({ position }) => ({ position: Math.min(position, from - 1), bytes }));
    await checkpoints.drop(vm, (position) => position >= from);
  }

  /** Drops a log with all that is beside it. The message that tells of it stays. */
  async delete(vm: string): Promise<void> {
    await this.#options.writer.change(vm, () => END);
    await this.#dropRest(vm);
  }

  /** Drops a log unless there is a message of it that is not known here. @returns Whether it is gone. */
  async deleteKnown(vm: string): Promise<boolean> {
    if (!(await this.#options.writer.changeKnown(vm, () => END))) return false;
    await this.#dropRest(vm);
    return true;
  }

  /** Drops what is left of a log whose end is told. */
  async #dropRest(vm: string): Promise<void> {
    const { checkpoints, values } = this.#options;
    await this.#purge(vm, { keep: 1 });
    await checkpoints.drop(vm, () => true);
    const large = values.keys(LARGE, `${vm}/`);
    await Promise.all(large.map(({ key }) => values.remove(LARGE, key)));
  }

  async #purge(vm: string, what: { readonly seq: number } | { readonly keep: number }) {
    const { servers, streams, patienceMs } = this.#options;
    const filter = `${streams.logPrefix}${tokenOf(vm)}`;
    const { jsm } = servers;
    await patiently(patienceMs, () => jsm.streams.purge(streams.logs, { filter, ...what }));
  }
}
