/** Bounds of a search; it stops at the first that it meets, and says so. */
export interface Limits {
  /** Commands from the first state on. */
  readonly depth: number;
  readonly states: number;
  /** Bytes of all that is kept. */
  readonly bytes: number;
}
