import type { LogRecord } from './record.js';

/** The facts of a log that a list shows without reading it. */
export interface LogHead {
  readonly vm: string;
  /** Number of its newest record. */
  readonly position: number;
  /** A note of its writer on the VM, from the newest record or from {@link Journal.note}. */
  readonly note: Uint8Array;
  /** Bytes of its records and checkpoints. */
  readonly bytes: number;
}

/** A record in its place; or, where the bytes are none, why. */
export type Placed =
  | { readonly position: number; readonly record: LogRecord }
  | { readonly position: number; readonly damage: string };

/** Outcome of an append: done, or the records that its writer did not expect. */
export type Appended =
  | { readonly position: number; readonly tail?: never }
  | { readonly position?: never; readonly tail: readonly Placed[] };

/** A record that is to be kept, and what a list is to show from then on. */
export interface Append {
  readonly record: LogRecord;
  /** Number of the record behind which it belongs; 0 begins a log. */
  readonly after: number;
  readonly note: Uint8Array;
}

/** The whole of a VM behind a record. */
export interface Checkpoint {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** A checkpoint that is there; its bytes are null if its checksum is wrong. */
export interface KeptCheckpoint {
  readonly position: number;
  readonly bytes: Uint8Array | null;
}

/** A value that is kept beside the logs. */
export interface KeptValue {
  readonly key: string;
  readonly value: Uint8Array;
}

/** A journal could not write. The cause is what the engine said. */
export class NotWritten extends Error {
  override readonly name = 'NotWritten';
  /** Whether there is no room, rather than anything else in the way. */
  readonly isFull: boolean;
  /** Whether it may be written all the same, because nobody answered. */
  readonly isUnknown: boolean;

  constructor(message: string, isFull: boolean, cause?: unknown, isUnknown = false) {
    super(message, { cause });
    this.isFull = isFull;
    this.isUnknown = isUnknown;
  }
}

/**
 * Logs of VMs that outlive the process, and values beside them.
 *
 * Every promise resolves when what was asked for is as durable as the journal makes it. What is
 * asked for in one turn of the loop becomes so together, or not at all where a journal has
 * transactions. Promises of changes reject with {@link NotWritten}; nothing is changed then, unless
 * the error says that nobody knows.
 */
export interface Journal {
  /** The worth of an acknowledgement, in words: "on disk". */
  readonly worth: string;
  /** Whether all that is asked for in one turn of the loop is kept together, or none of it. */
  readonly hasTransactions: boolean;
  /** Bytes of all logs, checkpoints and values. */
  readonly bytes: number;

  /** Resolves when all is known here that any process was told is kept, before the call. */
  fresh(): Promise<void>;
  /** Every log, in no order. */
  list(): Promise<readonly LogHead[]>;
  /** Number of the newest record of a log; 0 if there is no log. */
  position(vm: string): Promise<number>;
  /**
   * Begins a log whose first records are elsewhere: the next append belongs behind a number.
   *
   * Nothing happens if there is a log of that name.
   */
  begin(vm: string, after: number): Promise<void>;
  /** Appends one record, if the log is as its writer expects. */
  append(vm: string, append: Append): Promise<Appended>;
  /** Changes what a list shows. */
  note(vm: string, note: Uint8Array): Promise<void>;
  /** The records from a number on, in order. */
  read(vm: string, from: number): AsyncIterable<Placed>;
  /** Drops the records before a number, which are needed no more. */
  forget(vm: string, before: number): Promise<void>;
  /** Drops the records from a number on, which damage has made useless. */
  cut(vm: string, from: number): Promise<void>;
  /** Drops a log with its checkpoints. */
  delete(vm: string): Promise<void>;

  keepCheckpoint(vm: string, checkpoint: Checkpoint): Promise<void>;
  /** The checkpoints of a VM, oldest first. */
  checkpoints(vm: string): Promise<readonly KeptCheckpoint[]>;
  dropCheckpoint(vm: string, position: number): Promise<void>;

  /** Keeps a value in a room, under a key, in place of another one. */
  put(room: string, key: string, value: Uint8Array): Promise<void>;
  remove(room: string, key: string): Promise<void>;
  /** The values of a room whose keys begin so, in the order of their keys. Damaged ones are left out. */
  values(room: string, prefix?: string): AsyncIterable<KeptValue>;
  /** Keys of the values of a room whose checksum is wrong. */
  damaged(room: string): Promise<readonly string[]>;

  /** Null where one process has the journal, which knows of all that is written. */
  readonly shared: SharedLogs | null;
  close(): Promise<void>;
}

/** A log that was changed. */
export interface LogChange {
  readonly vm: string;
  /** The log as it is now; null if it was deleted. */
  readonly head: Pick<LogHead, 'position' | 'note'> | null;
  /** Records that it got, the newest last. */
  readonly records: readonly Placed[];
}

/** Is told of what any process writes to a journal, this one too. */
export interface JournalWatcher {
  /** A log was changed: called in the order of each log. */
  changed(change: LogChange): void;
  /** A log was begun or deleted: called in one order of all logs, which is that of every process. */
  lived(vm: string, life: 'begun' | 'deleted'): void;
  /** A value of a room was put or removed. */
  valueChanged(room: string, key: string): void;
}

/** A journal that several processes write to. */
export interface SharedLogs {
  /** Logs that were begun, and logs that were deleted, together: the number of the newest such change. */
  readonly lives: number;
  /** @returns A function that ends it. */
  watch(watcher: JournalWatcher): () => void;
  /**
   * Puts a value if there is none under its key.
   *
   * @returns Whether it was put: of several processes that claim a key, one is told so.
   */
  claim(room: string, key: string, value: Uint8Array): Promise<boolean>;
  /**
   * Drops a log, unless something came to it of which this process has not been told.
   *
   * @returns Whether it is gone.
   */
  deleteKnown(vm: string): Promise<boolean>;
}
