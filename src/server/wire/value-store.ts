/** Keeps values beyond the process, each under a key. */
export interface ValueStore {
  /** Values that an earlier process kept, by their keys. */
  readonly kept: ReadonlyMap<string, unknown>;
  put(key: string, value: unknown): void;
  remove(key: string): void;
}

/** Keeps nothing. */
export const NO_STORE: ValueStore = { kept: new Map(), put() {}, remove() {} };
