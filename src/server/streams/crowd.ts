import type { Pump, Pumped } from './pump.js';
import type { Stream } from './stream.js';

export interface CrowdOptions {
  readonly pump: Pump;
  /**
   * Prepares some of what is new for all readers.
   *
   * @returns Whether all of it is prepared.
   */
  readonly prepare: () => boolean;
}

/** The readers of one VM, or those of all VMs, who are served in rotation. */
export class Crowd implements Pumped {
  readonly streams = new Set<Stream>();
  readonly #options: CrowdOptions;
  /** Readers for whom there may be something, in the order of their turn. */
  readonly #ready = new Set<Stream>();
  #hasNews = false;

  constructor(options: CrowdOptions) {
    this.#options = options;
  }

  /** Tells that something happened. Costs the same however many readers there are. */
  readonly news = (): void => {
    this.#hasNews = true;
    this.#options.pump.add(this);
  };

  /** Tells that there may be something for one reader. */
  wake(stream: Stream): void {
    this.#ready.add(stream);
    this.#options.pump.add(this);
  }

  leave(stream: Stream): void {
    this.streams.delete(stream);
    this.#ready.delete(stream);
  }

  /** Prepares a piece of what is new, and serves one reader. */
  pump(): boolean {
    if (this.#hasNews) {
      // What happens meanwhile is news again.
      this.#hasNews = !this.#options.prepare();
      for (const stream of this.streams) this.#ready.add(stream);
    }
    for (const stream of this.#ready) {
      this.#ready.delete(stream);
      if (stream.step()) this.#ready.add(stream);
      break;
    }
    return this.#hasNews || this.#ready.size > 0;
  }
}
