import type { LogChange, Placed } from '../../journal/log/index.js';
import type { FleetLog } from '../fleet/fleet-options.js';
import { holdAlone } from '../fleet/hold-alone.js';
import type { Cradle, FleetNews } from '../fleet/keeper.js';
import type { KeptLog } from './kept-log.js';
import { noteFrom, sleeperOf } from './note.js';
import type { InPlace } from './read-log.js';
import type { VmTurns } from './vm-turns.js';

export interface FollowingOptions {
  readonly turns: VmTurns;
  readonly log: FleetLog;
  readonly news: FleetNews;
  readonly cradle: Cradle;
  /** The log of a VM that is awake, or that begins. */
  readonly logOf: (vm: string) => KeptLog | undefined;
  /** Number of the newest record that is known of a VM. */
  readonly position: (vm: string) => Promise<number>;
  /** Reads records that are kept of a VM. */
  readonly read: (vm: string, from: number) => AsyncIterable<Placed>;
  /** Undoes what a log has gathered: another server wrote to it first. */
  readonly lose: (log: KeptLog) => void;
  /** Drops a VM that cannot be followed: it is made again when it is asked for. */
  readonly drop: (log: KeptLog) => void;
  /** Whether a VM is being deleted by this server. */
  readonly isLeaving: (vm: string) => boolean;
  /** Takes a deletion of this server's own that is told now; false if there is none. */
  readonly buried: (vm: string) => boolean;
}

/** Does to the VMs of a server what other servers wrote to their logs. */
export class Following {
  readonly #options: FollowingOptions;

  constructor(options: FollowingOptions) {
    this.#options = options;
  }

  changed({ vm, head, records }: LogChange): void {
    const { turns, news, logOf, drop, isLeaving } = this.#options;
    if (head === null) return;
    const { position, note } = head;
    const log = logOf(vm);
    if (log === undefined) {
      if (isLeaving(vm)) return;
      if (noteFrom(note) !== null) news.noted(sleeperOf(vm, note));
      return;
    }
    // Its own records, or a note alone.
    const isKnown = position <= log.position;
    if (isKnown && log.settled !== null) return;
    void turns.take(vm, async () => {
      if (logOf(vm) !== log) return;
      // Another server found damage, and cut the log.
      if (records.length === 0 && position < log.position) return drop(log);
      if (!(await this.#follow(log, records))) return;
      log.note = note;
      news.changed(log.entry, log.entry.labels);
    });
  }

  lived(vm: string, life: 'begun' | 'deleted'): void {
    const { turns, news, buried } = this.#options;
    turns.tellLife(vm, () => {
      if (life === 'begun') news.begun(vm);
      else if (!buried(vm)) news.deleted(vm);
    });
  }

  /** Reads what came to a log while its VM was woken. */
  catchUp(log: KeptLog): void {
    const { turns, log: told, logOf, drop } = this.#options;
    const { id } = log.entry;
    const caughtUp = turns.take(id, async () => {
      if (logOf(id) === log) await this.#catchUp(log);
    });
    caughtUp.catch((error: unknown) => {
      told.error({ err: error, vm: id }, 'VM cannot follow its log');
      if (logOf(id) === log) drop(log);
    });
  }

  async #catchUp(log: KeptLog): Promise<void> {
    const { read, position, logOf } = this.#options;
    const { id } = log.entry;
    if ((await position(id)) <= log.position) return;
    const records: Placed[] = [];
    for await (const one of read(id, log.position + 1)) records.push(one);
    if (logOf(id) === log) await this.#follow(log, records);
  }

  /**
   * Runs records that come behind a log, as far as they are not known.
   *
   * @returns Whether the VM stands behind them now.
   */
  async #follow(log: KeptLog, placed: readonly Placed[]): Promise<boolean> {
    const { lose, drop } = this.#options;
    const records = placed.filter(({ position }) => position > log.position);
    if (records.length === 0) return true;
    const first = log.position + 1;
    const isWhole = records.every(
      (one, index) => 'record' in one && one.position === first + index,
    );
    if (log.hasMore) lose(log);
    else if (!isWhole) drop(log);
    else return await this.#run(log, records as readonly InPlace[]);
    return false;
  }

  async #run(log: KeptLog, records: readonly InPlace[]): Promise<boolean> {
    const { drop, cradle, news } = this.#options;
    const { entry } = log;
    const { labels } = entry;
    try {
      // Requests that read do not see a part of what was written together.
      const { named } = await holdAlone(entry, () => log.follow(records, cradle));
      news.changed(entry, labels);
      for (const [name, state] of named) news.named(entry, name, state);
    } catch (error) {
      this.#options.log.error({ err: error, vm: entry.id }, 'VM cannot follow its log');
      drop(log);
      return false;
    }
    entry.ring.release(entry.ring.head);
    return true;
  }
}
