import {
  type Append,
  type Appended,
  type Checkpoint,
  type Journal,
  type JournalWatcher,
  type LogChange,
  MemoryJournal,
  type SharedLogs,
} from '../../src/journal/log/index.js';

/**
 * A journal in memory for several servers in one process. What one of them writes is told to the
 * others in a later turn of the loop, as over a network.
 */
export class SharedMemory {
  readonly journal = new MemoryJournal();
  readonly #watchers = new Set<JournalWatcher>();
  readonly #lives = new Map<string, 'begun' | 'deleted'>();
  readonly #values = new Set<string>();
  /** News of each log that are to be told. */
  readonly #untold = new Map<string, number>();
  #deleted = 0;
  /** News that were told, and those that are to be. */
  #told = 0;
  #news = 0;

  /** The journal as one server has it. */
  open(): Journal {
    return new Replica(this);
  }

  get lives(): number {
    return this.#lives.size + this.#deleted;
  }

  watch(watcher: JournalWatcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Resolves when all that was written before is told. */
  async fresh(): Promise<void> {
    const news = this.#news;
    while (this.#told < news) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Tells of a log: at once to who wrote to it, and later to the others. */
  tell(change: LogChange, by: JournalWatcher | null): void {
    const { vm } = change;
    by?.changed(change);
    this.#untold.set(vm, (this.#untold.get(vm) ?? 0) + 1);
    this.#tellLater(() => {
      this.#untold.set(vm, (this.#untold.get(vm) ?? 0) - 1);
      for (const watcher of this.#watchers) if (watcher !== by) watcher.changed(change);
      this.#live(change);
    });
  }

  /** Takes notice that a value is put, or removed. */
  noteValue(room: string, key: string, isThere: boolean): void {
    const name = `${room}/${key}`;
    if (isThere) this.#values.add(name);
    else this.#values.delete(name);
    this.#tellLater(() => {
      for (const watcher of this.#watchers) watcher.valueChanged(room, key);
    });
  }

  has(room: string, key: string): boolean {
    return this.#values.has(`${room}/${key}`);
  }

  /** Whether something came to a log that is still to be told. */
  hasNews(vm: string): boolean {
    return (this.#untold.get(vm) ?? 0) > 0;
  }

  #live({ vm, head }: LogChange): void {
    const before = this.#lives.get(vm);
    if (before === undefined) this.#turn(vm, 'begun');
    if (head !== null || before === 'deleted') return;
    this.#deleted += 1;
    this.#turn(vm, 'deleted');
  }

  #turn(vm: string, life: 'begun' | 'deleted'): void {
    this.#lives.set(vm, life);
    for (const watcher of this.#watchers) watcher.lived(vm, life);
  }

  #tellLater(tell: () => void): void {
    this.#news += 1;
    setImmediate(() => {
      tell();
      this.#told += 1;
    });
  }
}

/** The journal of one server. */
class Replica implements Journal {
  readonly hasTransactions = true;
  readonly worth = 'in memory: nothing outlives the process';
  readonly shared: SharedLogs;
  readonly #memory: SharedMemory;
  #watcher: JournalWatcher | null = null;

  constructor(memory: SharedMemory) {
    this.#memory = memory;
    this.shared = {
      get lives() {
        return memory.lives;
      },
      watch: (watcher) => {
        this.#watcher = watcher;
        return memory.watch(watcher);
      },
      claim: async (room, key, value) => {
        if (memory.has(room, key)) return false;
        await this.put(room, key, value);
        return true;
      },
      deleteKnown: async (vm) => {
        if (memory.hasNews(vm)) return false;
        await this.delete(vm);
        return true;
      },
    };
  }

  get bytes(): number {
    return this.#memory.journal.bytes;
  }

  fresh = () => this.#memory.fresh();
  list = () => this.#memory.journal.list();
  position = (vm: string) => this.#memory.journal.position(vm);
  begin = (vm: string, after: number) => this.#memory.journal.begin(vm, after);
  read = (vm: string, from: number) => this.#memory.journal.read(vm, from);
  forget = (vm: string, before: number) => this.#memory.journal.forget(vm, before);
  keepCheckpoint = (vm: string, one: Checkpoint) => this.#memory.journal.keepCheckpoint(vm, one);
  checkpoints = (vm: string) => this.#memory.journal.checkpoints(vm);
  dropCheckpoint = (vm: string, at: number) => this.#memory.journal.dropCheckpoint(vm, at);
  values = (room: string, prefix?: string) => this.#memory.journal.values(room, prefix);
  damaged = (room: string) => this.#memory.journal.damaged(room);

  async append(vm: string, append: Append): Promise<Appended> {
    const appended = this.#memory.journal.append(vm, append);
    const { record, after, note } = append;
    if ((await appended).tail !== undefined) return await appended;
    this.#tell({
      vm,
      head: { position: after + 1, note },
      records: [{ position: after + 1, record }],
    });
    return await appended;
  }

  async note(vm: string, note: Uint8Array): Promise<void> {
    await this.#memory.journal.note(vm, note);
    const position = await this.position(vm);
    if (position > 0) this.#tell({ vm, head: { position, note }, records: [] });
  }

  async cut(vm: string, from: number): Promise<void> {
    await this.#memory.journal.cut(vm, from);
    const head = (await this.list()).find((one) => one.vm === vm);
    if (head !== undefined) this.#tell({ vm, head, records: [] });
  }

  async delete(vm: string): Promise<void> {
    if ((await this.position(vm)) === 0) return;
    await this.#memory.journal.delete(vm);
    this.#tell({ vm, head: null, records: [] });
  }

  async put(room: string, key: string, value: Uint8Array): Promise<void> {
    this.#memory.noteValue(room, key, true);
    await this.#memory.journal.put(room, key, value);
  }

  async remove(room: string, key: string): Promise<void> {
    this.#memory.noteValue(room, key, false);
    await this.#memory.journal.remove(room, key);
  }

  async close(): Promise<void> {}

  #tell(change: LogChange): void {
    this.#memory.tell(change, this.#watcher);
  }
}
