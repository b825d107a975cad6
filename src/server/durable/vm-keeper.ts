import { type Journal, NotWritten } from '../../journal/log/index.js';
import type { FleetLog } from '../fleet/fleet-options.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Cradle, FleetNews, Keeper, Woken } from '../fleet/keeper.js';
import type { LivedClock } from '../fleet/lived-clock.js';
import type { Sleeper } from '../fleet/sleeper.js';
import type { VmLog } from '../fleet/vm-log.js';
import { createEpoch } from '../wire/ids.js';
import { deleteLog } from './delete-log.js';
import { GatheredWrites } from './gathered-writes.js';
import { clockFrom, LIVED } from './kept-clock.js';
import { KeptLog } from './kept-log.js';
import { LostRace } from './lost-race.js';
import { namedStates, withNamed } from './named-states.js';
import { noteOf, sleeperOf } from './note.js';
import { Others } from './others.js';
import { putCount } from './put-count.js';
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
}

/** Keeps the VMs of a fleet in a journal. */
export class VmKeeper implements Keeper {
  /** Time by which VMs that sleep grow old. */
  readonly clock: LivedClock;
  /** Null where this process has the journal alone. */
  readonly others: Others | null;
  readonly #options: VmKeeperOptions;
  readonly #writer = createEpoch();
  readonly #writings = new Map<string, Writing>();
  readonly #writes: GatheredWrites<Writing>;
  readonly #trouble: Trouble;
  #news: FleetNews | null = null;

  constructor(options: VmKeeperOptions) {
    this.#options = options;
    this.#trouble = new Trouble(options.reserve);
    this.clock = clockFrom(options.livedMs, (ms) => this.change(putCount(LIVED, ms)));
    const { journal, log } = options;
    const write = (one: Writing) => this.takeTurn(one.log.entry.id, () => this.#write(one));
    this.#writes = new GatheredWrites({ journal, write });
    const { shared } = journal;
    this.others =
      shared &&
      new Others({
        ...{ journal, shared, log },
        logOf: (vm) => this.#writings.get(vm)?.log,
        lose: (one) => this.#drop(one),
        drop: (one) => this.#drop(one),
        bury: (id) => this.leave({ id }),
      });
  }

  serve(news: FleetNews, cradle: Cradle): void {
    this.#news = news;
    this.others?.serve(news, cradle);
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
    const writing = this.#writings.get(entry.id) ?? this.#writingOf(entry);
    // Where others write as well, the journal tells of it, in one order for all.
    if (this.others === null) {
      this.change(putCount('made', count));
      writing.kept = kept;
    }
    entry.ring.release(0);
    writing.log.begin();
  }

  deleted(id: string, told: Parameters<Keeper['deleted']>[1], isIdle: boolean): void {
    const { journal } = this.#options;
    const writing = this.#writings.get(id);
    this.#writings.delete(id);
    const isDirty = writing !== undefined && this.#writes.withdraw(writing);
    // Behind what is being written of it.
    const before = writing?.log.settled?.catch(() => {}) ?? Promise.resolve();
    const restore = () => {
      if (writing !== undefined) this.#writings.set(id, writing);
      told.failed();
      if (writing !== undefined) this.others?.catchUp(writing.log);
    };
    const write = before
      .then(() => deleteLog(journal, this.others, { id, isIdle, kept: told.kept }))
      .then(
        (isGone) => isGone || restore(),
        (error: unknown) => {
          if (error instanceof NotWritten) this.#trouble.met(error);
          // A VM of which nothing was ever written is gone all the same.
          if (writing !== undefined && writing.log.note === null) told.kept();
          else {
            restore();
            if (isDirty) this.#writes.promise(writing);
          }
          throw error;
        },
      );
    this.#writes.add(write.then(() => {}));
  }

  /** Does what a request does to a VM when its turn comes. Nothing is written before it is done. */
  async takeTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    return await (this.others?.turns.take(id, work) ?? work());
  }

  /** Writes in its turn what a VM has gathered. */
  async keepNow(id: string): Promise<void> {
    const writing = this.#writings.get(id);
    if (writing?.log.hasMore) await this.#write(writing);
  }

  keptSummary(id: string): Sleeper['summary'] | null {
    return this.#writings.get(id)?.log.keptSummary ?? null;
  }

  used(id: string): void {
    const note = this.#writings.get(id)?.log.note ?? null;
    if (this.others === null || note === null) return;
    // Nobody waits for it: the next use tells it again.
    this.#options.journal.note(id, note).catch(() => {});
  }

  async wake(sleeper: Sleeper, cradle: Cradle): Promise<Woken> {
    const { journal, log } = this.#options;
    const { entry, standing, named } = await wakeVm({ journal, log, cradle, sleeper });
    const snapshots = withNamed(await namedStates(journal, entry), named);
    const writing = this.#writingOf(entry);
    writing.log.note = noteOf(entry, this.clock.now());
    writing.log.resume(standing);
    entry.log = writing.log;
    entry.ring.release(entry.ring.head);
    this.others?.catchUp(writing.log);
    return { entry, snapshots };
  }

  async rest(entry: FleetVm): Promise<Sleeper> {
    const { id, log } = entry;
    await log?.settled;
    const rest = async () => {
      this.#writings.get(id)?.log.rest();
      return sleeperOf(id, noteOf(entry, this.clock.now()));
    };
    return await this.takeTurn(id, rest);
  }

  leave({ id }: Pick<FleetVm, 'id'>): void {
    const writing = this.#writings.get(id);
    this.#writings.delete(id);
    if (writing !== undefined) this.#writes.withdraw(writing);
  }

  /** Keeps a value beside the logs: with what they get in the same turn, or not at all. */
  change(write: (journal: Journal) => Promise<void>): void {
    this.#writes.change(write);
  }

  /** Resolves when all that anybody asked for by now is durable; null if it is. */
  get allSettled(): Promise<void> | null {
    return this.#writes.allSettled;
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
      onChange: () => this.#writes.promise(writing),
    });
    const writing: Writing = { log, kept: null };
    this.#writings.set(entry.id, writing);
    return writing;
  }

  async #write(writing: Writing): Promise<void> {
    const { log } = writing;
    if (this.#writings.get(log.entry.id) !== writing) return;
    try {
      log.note = await log.write();
      this.#trouble.over();
    } catch (error) {
      if (error instanceof LostRace && this.others !== null && log.note !== null) {
        return this.#drop(log);
      }
      this.#fail(writing, error);
      throw error;
    }
    writing.kept?.();
    writing.kept = null;
  }

  #fail({ log }: Writing, error: unknown): void {
    const { id } = log.entry;
    if (error instanceof NotWritten) this.#trouble.met(error);
    if (this.#writings.get(id)?.log !== log) return;
    const said = error instanceof NotWritten ? 'Journal not written' : 'Journal failed';
    this.#options.log.error({ err: error, vm: id }, said);
    this.#drop(log);
  }

  /** Drops a VM from memory: it is made again of what is kept. */
  #drop(log: KeptLog): void {
    const { entry, note } = log;
    if (this.#writings.get(entry.id)?.log === log) this.leave(entry);
    this.#news?.dropped(entry, note && sleeperOf(entry.id, note));
  }
}
