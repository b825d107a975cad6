/** Milliseconds of a turn, after which requests are served. */
const TURN_MS = 5;

/** Work that is done piece by piece. */
export interface Pumped {
  /**
   * Does a piece of the work, which must be small.
   *
   * @returns Whether there is more to do at once.
   */
  pump(): boolean;
}

/** The means by which a pump shares the time with requests. */
export interface Turns {
  /** Returns milliseconds since some moment. */
  readonly now: () => number;
  /** Calls the function once requests that have arrived were served. */
  readonly defer: (turn: () => void) => void;
}

export const EVENT_LOOP: Turns = {
  now: () => performance.now(),
  defer: (turn) => void setImmediate(turn),
};

/**
 * Serves readers in short turns between requests, so that no command waits for those who watch it.
 * Works take a piece each in rotation: one with many readers holds up no other.
 */
export class Pump {
  readonly #turns: Turns;
  /** In the order of their turn. */
  readonly #waiting = new Set<Pumped>();
  #isDue = false;

  constructor(turns: Turns = EVENT_LOOP) {
    this.#turns = turns;
  }

  /** Gives work a turn. It may be told again and again, at next to no cost. */
  add(work: Pumped): void {
    this.#waiting.add(work);
    this.#promiseTurn();
  }

  #promiseTurn(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#turns.defer(this.#turn);
  }

  readonly #turn = () => {
    const { now } = this.#turns;
    const endMs = now() + TURN_MS;
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
