import type { NotWritten } from '../../journal/log/index.js';

/** Milliseconds between two tries to write while a journal cannot be written. */
const PROBE_MS = 1000;

/** A journal that cannot be written: tries again and again, so that nobody has to. */
export class Trouble {
  readonly #tryAgain: () => Promise<void>;
  #cause: NotWritten | null = null;

  /** @param tryAgain Writes something, and throws if that cannot be done. */
  constructor(tryAgain: () => Promise<void>) {
    this.#tryAgain = tryAgain;
  }

  /** Reason of the newest write that failed; null if the journal can be written. */
  get cause(): NotWritten | null {
    return this.#cause;
  }

  met(cause: NotWritten): void {
    if (this.#cause === null) this.#probe();
    this.#cause = cause;
  }

  over(): void {
    this.#cause = null;
  }

  #probe(): void {
    setTimeout(() => {
      if (this.#cause === null) return;
      this.#tryAgain().then(
        () => this.over(),
        () => this.#probe(),
      );
    }, PROBE_MS).unref();
  }
}
