import { EVENT_LOOP, type EventLoop, SLICE_MS } from '../fleet/turns.js';

/** Work that is done piece by piece. */
export interface Pumped {
  /**
   * Does a piece of the work, which must be small.
   *
   * @returns Whether there is more to do at once.
   */
  pump(): boolean;
}

/**
 * Serves readers in short turns between requests, so that no command waits for those who watch it.
 * Works take a piece each in rotation: one with many readers holds up no other.
 */
export class Pump {
  readonly #loop: EventLoop;
  /** In the order of their turn. */
  readonly #waiting = new Set<Pumped>();
  #isDue = false;

  constructor(loop: EventLoop = EVENT_LOOP) {
    this.#loop = loop;
  }

  /** Gives work a turn. It may be told again and again, at next to no cost. */
  add(work: Pumped): void {
    this.#waiting.add(work);
    this.#promiseTurn();
  }

  #promiseTurn(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#loop.later(this.#turn);
  }

  readonly #turn = () => {
    const { now } = this.#loop;
    const endMs = now() + SLICE_MS;
    for (const work of this.#waiting) {
      this.#waiting.delete(work);
      // At the end, because others have their turn first.
      if (work.pump()) this.#waiting.add(work);
      if (now() >= endMs) break;
    }
    this.#isDue = false;
    if (this.#waiting.size > 0) this.#promiseTurn();
  };
}
