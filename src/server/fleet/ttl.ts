/**
 * How long a VM may stay idle.
 *
 * Use only takes note of the time, because every request is one; the timer looks at the note when
 * it goes off, and is set again if there was any use.
 */
export class Lease {
  readonly #ttlMs: number;
  readonly #end: () => void;
  #usedAt = performance.now();
  #timer: NodeJS.Timeout;

  /** @param end Called once, when nothing used the VM for `ttlSeconds`. */
  constructor(ttlSeconds: number, end: () => void) {
    this.#ttlMs = ttlSeconds * 1000;
    this.#end = end;
    this.#timer = this.#wait(this.#ttlMs);
  }

  /** Whole seconds until the VM goes, unless it is used. */
  get secondsLeft(): number {
    return Math.max(0, Math.ceil(this.#leftMs() / 1000));
  }

  renew(): void {
    this.#usedAt = performance.now();
  }

  /** The VM goes for another reason, or is to stay. */
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
