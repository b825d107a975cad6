/**
 * Ends a VM that is idle for too long.
 *
 * Every request renews the lease, so renewal only notes the time. The timer compares the note when
 * it fires, and is set again if the VM was used meanwhile.
 */
export class Lease {
  readonly #ttlMs: number;
  readonly #end: () => void;
  #usedAt = performance.now();
  #timer: NodeJS.Timeout;

  /** @param end Called once, when the VM was idle for `ttlSeconds`. */
  constructor(ttlSeconds: number, end: () => void) {
    this.#ttlMs = ttlSeconds * 1000;
    this.#end = end;
    this.#timer = this.#wait(this.#ttlMs);
  }

  /** Whole seconds until an unused VM is deleted. */
  get secondsLeft(): number {
    return Math.max(0, Math.ceil(this.#leftMs() / 1000));
  }

  renew(): void {
    this.#usedAt = performance.now();
  }

  /** Stops the timer: the VM is deleted already, or has another TTL. */
  cancel(): void {
    clearTimeout(this.#timer);
  }

  #leftMs(): number {
    return this.#usedAt + this.#ttlMs - performance.now();
  }

  #wait(ms: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      const leftMs = this.#leftMs();
      if (leftMs <= 0) this.#end();
      else this.#timer = this.#wait(Math.ceil(leftMs));
    }, ms);
    return timer.unref();
  }
}
