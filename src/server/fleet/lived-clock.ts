/**
 * The time in which a server had the VMs, over all its processes. No clock that somebody sets moves
 * it, and it stands still while no server runs.
 */
export interface LivedClock {
  /** Milliseconds since the VMs were first kept. */
  now(): number;
  /** Writes the time down, for the next process. */
  keep(): void;
}
