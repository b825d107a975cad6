/** Milliseconds that long work takes before others are served; one step of it may take longer. */
export const SLICE_MS = 5;

/** Steps of long work, commands or records, before others are served. */
export const SLICE_STEPS = 256;

/** The clock and the loop by which work shares the time with requests. */
export interface EventLoop {
  /** Returns milliseconds since some moment. */
  readonly now: () => number;
  /** Calls back once, in the next turn of the loop, after the input that has arrived. */
  readonly later: (callback: () => void) => void;
}

/** The one of this process. */
export const EVENT_LOOP: EventLoop = {
  now: () => performance.now(),
  later: (callback) => void setImmediate(callback),
};

/**
 * Divides long work into slices, one slice a turn of the loop, for whomever the work is.
 *
 * All work of a server that may take long goes through one queue. So a thousand clients with dear
 * requests hold up a cheap one by a slice, and not by a thousand of them.
 */
export class Turns {
  readonly #loop: EventLoop;
  /** Work that waits for its first slice, and work that has had one. */
  readonly #fresh: (() => void)[] = [];
  readonly #old: (() => void)[] = [];
  #wasFresh = false;
  /** Whether a slice has begun in this turn of the loop. */
  #isOpen = false;
  #begun = 0;
  #steps = 0;

  constructor(loop: Partial<EventLoop> = {}) {
    this.#loop = { ...EVENT_LOOP, ...loop };
  }

  /**
   * Counts a step that is to be done, and tells whether the slice of this turn is used up: then
   * {@link next} has to be awaited before it.
   */
  isOver(): boolean {
    this.begin();
    this.#steps += 1;
    return this.#steps > SLICE_STEPS || this.#loop.now() - this.#begun >= SLICE_MS;
  }

  /** Counts the time from here on, for work that cannot wait before its first step. */
  begin(): void {
    if (!this.#isOpen) this.#open();
  }

  /** Begins work, which may turn out to be short or long. */
  work(): Work {
    return new Work(this);
  }

  /**
   * Resolves at the beginning of a slice, in the order in which it was asked for. Work that asks for
   * its first slice has every other one, so that short work does not wait for all that is long.
   */
  next(isFirst = false): Promise<void> {
    this.begin();
    return new Promise((resolve) => (isFirst ? this.#fresh : this.#old).push(resolve));
  }

  #open(): void {
    this.#isOpen = true;
    this.#begun = this.#loop.now();
    this.#steps = 0;
    this.#loop.later(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isOpen = false;
    const begin = this.#following();
    if (begin === undefined) return;
    this.#open();
    begin();
  };

  #following(): (() => void) | undefined {
    const isFresh = this.#old.length === 0 || (this.#fresh.length > 0 && !this.#wasFresh);
    this.#wasFresh = isFresh;
    return (isFresh ? this.#fresh : this.#old).shift();
  }
}

/** One piece of work that takes turns: {@link Turns.work} begins it. */
export class Work {
  readonly #turns: Turns;
  #hasWaited = false;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** @see Turns.isOver */
  isOver(): boolean {
    return this.#turns.isOver();
  }

  /** Waits for a slice; not long if it is the first. */
  next(): Promise<void> {
    const isFirst = !this.#hasWaited;
    this.#hasWaited = true;
    return this.#turns.next(isFirst);
  }
}

/** Does something for each item, in slices between which others are served. */
export async function forEachInTurns<T>(
  turns: Turns,
  items: Iterable<T>,
  visit: (item: T) => void,
): Promise<void> {
  const work = turns.work();
  for (const item of items) {
    if (work.isOver()) await work.next();
    visit(item);
  }
}

/** Does work piece by piece, in slices between which others are served. */
export async function finishInTurns<T>(turns: Turns, pieces: Generator<void, T>): Promise<T> {
  const work = turns.work();
  for (;;) {
    if (work.isOver()) await work.next();
    const { done, value } = pieces.next();
    if (done === true) return value;
  }
}
