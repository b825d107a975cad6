import { type Journal, NotWritten } from '../../journal/log/index.js';
import type { FleetLog } from '../fleet/fleet-options.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Cradle, Keeper, Woken } from '../fleet/keeper.js';
import type { LivedClock } from '../fleet/lived-clock.js';
import type { Sleeper } from '../fleet/sleeper.js';
import type { VmLog } from '../fleet/vm-log.js';
import { createEpoch } from '../wire/ids.js';
import { clockFrom, LIVED } from './kept-clock.js';
import { KeptLog } from './kept-log.js';
import { dropStates, namedStates } from './named-states.js';
import { noteOf, sleeperOf } from './note.js';
import { putCount } from './put-count.js';
import { Unsettled } from './settled.js';
import { Trouble } from './trouble.js';
import { wakeVm } from './wake.js';

export interface VmKeeperOptions {
  readonly journal: Journal;
  readonly log: FleetLog;
  /** Time that earlier processes had the journal, in milliseconds. */
  readonly livedMs: number;
  /** Writes down what is set aside for this process, before anything else is. */
  readonly reserve: () => Promise<void>;
}

/** A log with what is being written of it. */
interface Writing {
  readonly log: KeptLog;
  /** Called when the VM outlives the process for the first time. */
  kept: (() => void) | null;
  /** The newest durable note, to which the VM returns if a write fails; null before the first. */
  note: Uint8Array | null;
}

/** Keeps the VMs of a fleet in a journal. */
export class VmKeeper implements Keeper {
  /** Time by which VMs that sleep grow old. */
  readonly clock: LivedClock;
  readonly #options: VmKeeperOptions;
  readonly #writer = createEpoch();
  readonly #writings = new Map<string, Writing>();
  /** Logs that have something to write. */
  readonly #dirty = new Set<Writing>();
  readonly #unsettled = new Unsettled();
  /** The newest write of each log. */
  readonly #written = new WeakMap<Writing, Promise<void>>();
  /** Changes of values that wait for the next turn. */
  readonly #values: (() => void)[] = [];
  #next: Promise<void> | null = null;
  readonly #trouble: Trouble;
  /** Told of a VM that could not be written, which is to be dropped from memory. */
  #onFailure: (entry: FleetVm, sleeper: Sleeper | null) => void = () => {};

  constructor(options: VmKeeperOptions) {
    this.#options = options;
    this.#trouble = new Trouble(options.reserve);
    this.clock = clockFrom(options.livedMs, (ms) => this.change(putCount(LIVED, ms)));
    options.journal.watch((vm, position) => this.#followed(vm, position));
  }

  /** @param listener Called with a VM that could not be written, and what is kept of it. */
  onFailure(listener: (entry: FleetVm, sleeper: Sleeper | null) => void): void {
    this.#onFailure = listener;
  }

  /** Reserves what is set aside; where that cannot be written, nothing is until it can be. */
  async reserve(): Promise<void> {
    try {
      await this.#options.reserve();
    } catch (error) {
      if (!(error instanceof NotWritten)) throw error;
      this.#options.log.error({ err: error }, 'Journal not written');
      this.#trouble.met(error);
    }
  }

  open(entry: FleetVm): VmLog {
    return this.#writingOf(entry).log;
  }

  made(entry: FleetVm, count: number, kept: () => void): void {
    this.change(putCount('made', count));
    const writing = this.#writings.get(entry.id) ?? this.#writingOf(entry);
    writing.kept = kept;
    entry.ring.release(0);
    writing.log.begin();
  }

  deleted(id: string, { kept, failed }: Parameters<Keeper['deleted']>[1]): void {
    const writing = this.#writings.get(id);
    this.#writings.delete(id);
    const isDirty = writing !== undefined && this.#dirty.delete(writing);
    // Behind what is being written of it.
    const before = writing?.log.settled?.catch(() => {}) ?? Promise.resolve();
    const { journal } = this.#options;
    const write = before
      .then(() => Promise.all([journal.delete(id), dropStates(journal, id)]))
      .then(kept, (error: unknown) => {
        if (error instanceof NotWritten) this.#trouble.met(error);
        // A VM of which nothing was ever written is gone all the same.
        if (writing !== undefined && writing.note === null) kept();
        else {
          if (writing !== undefined) this.#writings.set(id, writing);
          failed();
          if (isDirty) this.#promise(writing);
        }
        throw error;
      });
    this.#unsettled.add(write);
  }

  async wake(sleeper: Sleeper, cradle: Cradle): Promise<Woken> {
    const { journal, log } = this.#options;
    const { entry, standing } = await wakeVm({ journal, log, cradle, sleeper });
    const snapshots = await namedStates(journal, entry);
    const writing = this.#writingOf(entry);
    writing.note = noteOf(entry, this.clock.now());
    writing.log.resume(standing);
    entry.log = writing.log;
    entry.ring.release(entry.ring.head);
    return { entry, snapshots };
  }

  async rest(entry: FleetVm): Promise<Sleeper> {
    await entry.log?.settled;
    this.#writings.get(entry.id)?.log.rest();
    return sleeperOf(entry.id, noteOf(entry, this.clock.now()));
  }

  leave({ id }: FleetVm): void {
    this.#writings.delete(id);
  }

  /** Keeps a value beside the logs: with what they get in the same turn, or not at all. */
  change(write: (journal: Journal) => Promise<void>): void {
    const written = new Promise<void>((resolve, reject) => {
      this.#values.push(() => void write(this.#options.journal).then(resolve, reject));
    });
    this.#unsettled.add(written);
    void this.#turn();
  }

  /** Resolves when all that anybody asked for by now is durable; null if it is. */
  get allSettled(): Promise<void> | null {
    return this.#unsettled.all;
  }

  /** Worth of an acknowledgement, in words. */
  get worth(): string {
    return this.#options.journal.worth;
  }

  /** Cause for which the journal could not be written last; null if it can be. */
  get trouble(): NotWritten | null {
    return this.#trouble.cause;
  }

  /** Waits for what is being written, and closes the journal. */
  async close(): Promise<void> {
    await this.allSettled?.catch(() => {});
    await this.#options.journal.close();
  }

  #writingOf(entry: FleetVm): Writing {
    const log: KeptLog = new KeptLog({
      ...{ journal: this.#options.journal, entry, writer: this.#writer, clock: this.clock },
      onChange: () => this.#promise(writing),
    });
    const writing: Writing = { log, kept: null, note: null };
    this.#writings.set(entry.id, writing);
    return writing;
  }

  /** Promises to write what a log has gathered. */
  #promise(writing: Writing): void {
    if (this.#dirty.has(writing)) return;
    this.#dirty.add(writing);
    const { log } = writing;
    const settled: Promise<void> = this.#turn()
      .then(() => this.#written.get(writing))
      .then(() => {
        if (log.settled === settled) log.settled = null;
      });
    log.settled = settled;
    this.#unsettled.add(settled);
  }

  /** Resolves when all that this turn of the loop brings was handed to the journal, in one go. */
  #turn(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#next = null;
        this.#writeAll();
        resolve();
      });
    });
    return this.#next;
  }

  /** Logs and values together, so that a journal with transactions keeps both or neither. */
  #writeAll(): void {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const writing of dirty) {
      const written = this.#write(writing);
      written.catch(() => {});
      this.#written.set(writing, written);
    }
    for (const put of this.#values.splice(0)) put();
  }

  async #write(writing: Writing): Promise<void> {
    const { log } = writing;
    if (this.#writings.get(log.entry.id) !== writing) return;
    try {
      writing.note = await log.write();
      this.#trouble.over();
    } catch (error) {
      this.#fail(writing, error);
      throw error;
    }
    writing.kept?.();
    writing.kept = null;
  }

  #fail(writing: Writing, error: unknown): void {
    const { entry } = writing.log;
    if (error instanceof NotWritten) this.#trouble.met(error);
    if (this.#writings.get(entry.id) !== writing) return;
    const said = error instanceof NotWritten ? 'Journal not written' : 'Journal failed';
    this.#options.log.error({ err: error, vm: entry.id }, said);
    this.#drop(writing);
  }

  /** Drops a VM whose log went on without it: a write that nobody knew of came late. */
  #followed(id: string, position: number): void {
    const writing = this.#writings.get(id);
    // One that has something to write finds out by itself, and tells those who wait.
    if (writing === undefined || writing.log.settled !== null) return;
    if (position > writing.log.position) this.#drop(writing);
  }

  #drop(writing: Writing): void {
    const { entry } = writing.log;
    this.#writings.delete(entry.id);
    this.#dirty.delete(writing);
    this.#onFailure(entry, writing.note && sleeperOf(entry.id, writing.note));
  }
}
