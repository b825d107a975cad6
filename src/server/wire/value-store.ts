/** Keeps values beyond the process, each under a key. */
export interface ValueStore {
  /** Values that an earlier process kept, by their keys. */
  readonly kept: ReadonlyMap<string, unknown>;
  put(key: string, value: unknown): void;
  remove(key: string): void;
  /** Null where no other process has the values. */
  readonly shared: SharedValues | null;
}

/** Values that several processes have. */
export interface SharedValues {
  /** Keeps a value if there is none under its key. @returns Whether it is kept. */
  claim(key: string, value: unknown): Promise<boolean>;
  /** The value that is kept; undefined if there is none. */
  read(key: string): Promise<unknown>;
  /** @param listener Called with the key of each value that any process puts or removes, to read it. */
  follow(listener: (key: string) => Promise<void>): void;
}

/** Keeps nothing. */
export const NO_STORE: ValueStore = { kept: new Map(), put() {}, remove() {}, shared: null };
