/** Share of its time after which others are told that it was renewed. */
const RENEWED = 1 / 4;

export interface LeaseTold {
  /** Called once, when the VM was idle for its TTL. */
  end(): void;
  /** Called when the VM is used, at most every quarter of its TTL. */
  used(): void;
}

/**
 * Ends a VM that is idle for too long.
 *
 * Every request renews the lease, so renewal only notes the time. The timer compares the note when
 * it fires, and is set again if the VM was used meanwhile.
 */
export class Lease {
  readonly #ttlMs: number;
  readonly #told: LeaseTold;
  #toldAt = performance.now();
  #usedAt = performance.now();
  #timer: NodeJS.Timeout;

  constructor(ttlSeconds: number, told: LeaseTold) {
    this.#ttlMs = ttlSeconds * 1000;
    this.#told = told;
    this.#timer = this.#wait(this.#ttlMs);
  }

  /** Whole seconds until an unused VM is deleted. */
  get secondsLeft(): number {
    return Math.max(0, Math.ceil(this.#leftMs() / 1000));
  }

  renew(): void {
    this.#usedAt = performance.now();
    if (this.#usedAt - this.#toldAt < this.#ttlMs * RENEWED) return;
    this.#toldAt = this.#usedAt;
    this.#told.used();
  }

  /** Takes notice that another server has told of its use. */
  heard(): void {
    this.#usedAt = performance.now();
    this.#toldAt = this.#usedAt;
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
      if (leftMs <= 0) this.#told.end();
      else this.#timer = this.#wait(Math.ceil(leftMs));
    }, ms);
    return timer.unref();
  }
}
