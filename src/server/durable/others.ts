import type { Journal, SharedLogs } from '../../journal/log/index.js';
import type { FleetLog } from '../fleet/fleet-options.js';
import type { Cradle, FleetNews } from '../fleet/keeper.js';
import { Following } from './following.js';
import type { KeptLog } from './kept-log.js';
import { VmTurns } from './vm-turns.js';

export interface OthersOptions {
  readonly journal: Journal;
  readonly shared: SharedLogs;
  readonly log: FleetLog;
  /** The log of a VM that is awake, or that begins. */
  readonly logOf: (vm: string) => KeptLog | undefined;
  /** Undoes what a log has gathered: another server wrote to it first. */
  readonly lose: (log: KeptLog) => void;
  /** Drops a VM that cannot be followed: it is made again when it is asked for. */
  readonly drop: (log: KeptLog) => void;
  /** Lets go of the log of a VM that another server deleted. */
  readonly bury: (vm: string) => void;
}

/** The other servers that write to the same journal. */
export class Others {
  readonly turns = new VmTurns();
  readonly #options: OthersOptions;
  /** VMs that this server deletes, and what is called when the deletion is told. */
  readonly #leaving = new Map<string, () => void>();
  readonly #rooms = new Map<string, (key: string) => Promise<void>>();
  /** Values that are being read. */
  readonly #reading = new Set<Promise<void>>();
  /** Creations and deletions before those that are told here. */
  readonly lives: number;
  /** News that came before there was a fleet to tell. */
  #early: ((following: Following) => void)[] = [];
  #following: Following | null = null;

  /** Begins to gather what they write. */
  constructor(options: OthersOptions) {
    this.#options = options;
    this.lives = options.shared.lives;
    options.shared.watch({
      changed: (change) => this.#tell((following) => following.changed(change)),
      lived: (vm, life) => this.#tell((following) => following.lived(vm, life)),
      valueChanged: (room, key) => this.#read(room, key),
    });
  }

  /** Begins to do to a fleet what they write. */
  serve(news: FleetNews, cradle: Cradle): void {
    const { journal, log, logOf, lose, drop } = this.#options;
    const following = new Following({
      ...{ turns: this.turns, log, news, cradle, logOf, lose, drop },
      position: (vm) => journal.position(vm),
      read: (vm, from) => journal.read(vm, from),
      isLeaving: (vm) => this.#leaving.has(vm),
      buried: (vm) => this.#buried(vm),
    });
    this.#following = following;
    for (const tell of this.#early.splice(0)) tell(following);
  }

  /** @param listener Called with the key of each value of a room that is put or removed. */
  followRoom(room: string, listener: (key: string) => Promise<void>): void {
    this.#rooms.set(room, listener);
  }

  /** Puts a value if there is none under its key. @returns Whether it was put. */
  claim(room: string, key: string, value: Uint8Array): Promise<boolean> {
    return this.#options.shared.claim(room, key, value);
  }

  /**
   * Resolves when all that any client was told before the call is done here.
   *
   * @param vm The VM that is asked for; without it, creations and deletions alone count.
   */
  async fresh(vm?: string): Promise<void> {
    await this.#options.journal.fresh();
    await Promise.all(this.#reading);
    await this.turns.caughtUp(vm);
  }

  /** Reads what came to a log while its VM was woken, or could not be followed. */
  catchUp(log: KeptLog): void {
    this.#following?.catchUp(log);
  }

  /** Deletes a log. @returns Whether it is gone: another server may have used the VM meanwhile. */
  async delete(vm: string, isIdle: boolean, kept: () => void): Promise<boolean> {
    const { journal, shared } = this.#options;
    this.#leaving.set(vm, kept);
    try {
      if (isIdle && !(await shared.deleteKnown(vm))) {
        this.#leaving.delete(vm);
        return false;
      }
      if (!isIdle) await journal.delete(vm);
      return true;
    } catch (error) {
      this.#leaving.delete(vm);
      throw error;
    }
  }

  #read(room: string, key: string): void {
    const listener = this.#rooms.get(room);
    if (listener === undefined) return;
    const reading: Promise<void> = listener(key).then(
      () => void this.#reading.delete(reading),
      // It is read again when the next change is told.
      () => void this.#reading.delete(reading),
    );
    this.#reading.add(reading);
  }

  #tell(tell: (following: Following) => void): void {
    if (this.#following === null) this.#early.push(tell);
    else tell(this.#following);
  }

  #buried(vm: string): boolean {
    const kept = this.#leaving.get(vm);
    this.#leaving.delete(vm);
    if (kept === undefined) this.#options.bury(vm);
    kept?.();
    return kept !== undefined;
  }
}
