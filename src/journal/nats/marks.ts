import { NotWritten } from '../log/index.js';

/** Milliseconds after which a mark that was not seen is sent again. */
const AGAIN_MS = 1000;

interface Waiting {
  readonly number: number;
  readonly resolve: () => void;
}

/**
 * Tells when a follower has seen all that was acknowledged before: it writes a mark into the stream, and
 * waits until the mark comes back. A mark is written by a majority of servers, as a record is, so no
 * server that has been left behind can give it back.
 */
export class Marks {
  readonly #send: (number: number) => Promise<unknown>;
  readonly #patienceMs: number;
  #waiting: Waiting[] = [];
  #sent = 0;
  #gathering: Promise<void> | null = null;

  /** @param send Writes a mark with a number. */
  constructor(send: (number: number) => Promise<unknown>, patienceMs: number) {
    this.#send = send;
    this.#patienceMs = patienceMs;
  }

  /**
   * Resolves when all that was acknowledged before the call was seen. Who asks in one turn of the loop
   * shares a mark.
   *
   * @throws {NotWritten} If no server answers.
   */
  passed(): Promise<void> {
    this.#gathering ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
      this.#gathering = null;
      return this.#pass();
    });
    return this.#gathering;
  }

  /** Takes notice of a mark that came back; earlier ones came with it. */
  seen(number: number): void {
    const passed = this.#waiting.filter((one) => one.number <= number);
    this.#waiting = this.#waiting.filter((one) => one.number > number);
    for (const { resolve } of passed) resolve();
  }

  async #pass(): Promise<void> {
    const end = performance.now() + this.#patienceMs;
    this.#sent += 1;
    const waiting = this.#await(this.#sent);
    for (let number = this.#sent; ; ) {
      this.#send(number).catch(() => {});
      if (await this.#cameBack(waiting.seen)) return;
      if (performance.now() > end) {
        this.#waiting = this.#waiting.filter((one) => one !== waiting.one);
        throw new NotWritten(`NATS gave no answer for ${this.#patienceMs / 1000} s`, false);
      }
      this.#sent += 1;
      number = this.#sent;
    }
  }

  #await(number: number): { readonly one: Waiting; readonly seen: Promise<void> } {
    let resolve = () => {};
    const seen = new Promise<void>((done) => {
      resolve = done;
    });
    const one = { number, resolve };
    this.#waiting.push(one);
    return { one, seen };
  }

  /** Whether a mark came back in time. */
  async #cameBack(seen: Promise<void>): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), AGAIN_MS);
    });
    try {
      return await Promise.race([seen.then(() => true as const), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
