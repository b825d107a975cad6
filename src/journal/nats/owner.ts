import { hostname } from 'node:os';
import { errors, nuid, type Subscription } from '@nats-io/transport-node';
import { patiently } from './patience.js';
import type { Servers } from './servers.js';

/** Milliseconds that the owner of a journal is given to say that it has it. */
const ANSWER_MS = 1000;

/** Name of the mark by which a process takes a journal. */
export const CLAIM = 'owner';

/** Another process has the journal. */
export class JournalTaken extends Error {
  override readonly name = 'JournalTaken';
}

export interface OwnerOptions {
  readonly servers: Servers;
  /** Subject of the question for the owner. */
  readonly subject: string;
  readonly patienceMs: number;
  /** Writes the claim into the stream of the logs. */
  readonly claim: (text: string) => Promise<unknown>;
  /** Called once, when another process has taken the journal. */
  readonly onTaken: (by: string) => void;
}

/**
 * Sees to it that one process has a journal at a time, with no lease: whoever comes asks, and goes away
 * if the owner answers. If none answers, it claims the journal in the stream. The newest claim counts,
 * and an owner that was only cut off hears of it before anything that was written behind it.
 */
export class Owner {
  readonly #options: OwnerOptions;
  readonly #text = `process ${process.pid} on ${hostname()} (${nuid.next()})`;
  #subscription: Subscription | null = null;
  #hasClaimed = false;
  #takenBy: string | null = null;

  constructor(options: OwnerOptions) {
    this.#options = options;
  }

  /** The process that has taken the journal since; null if none has. */
  get takenBy(): string | null {
    return this.#takenBy;
  }

  /** @throws {JournalTaken} If a process that lives has the journal. */
  async take(): Promise<void> {
    const { servers, subject, claim, patienceMs } = this.#options;
    const owner = await this.#ask();
    if (owner !== null) throw new JournalTaken(`${wordsOf(owner)} has it`);
    this.#subscription = servers.connection.subscribe(subject, {
      callback: (_, message) => void message.respond(this.#text),
    });
    await patiently(patienceMs, () => claim(this.#text));
  }

  /** Takes notice of a claim, in the order of the stream. */
  claimed(text: string): void {
    if (text === this.#text) this.#hasClaimed = true;
    else if (this.#hasClaimed && this.#takenBy === null) {
      this.#takenBy = wordsOf(text);
      this.release();
      this.#options.onTaken(this.#takenBy);
    }
  }

  /** Answers no more. */
  release(): void {
    this.#subscription?.unsubscribe();
    this.#subscription = null;
  }

  /** The owner, if one answers. One that hangs is taken from: it hears of it once it goes on. */
  async #ask(): Promise<string | null> {
    const { servers, subject } = this.#options;
    try {
      const options = { timeout: ANSWER_MS };
      return (await servers.connection.request(subject, '', options)).string();
    } catch (error) {
      const isNobody = error instanceof errors.RequestError || error instanceof errors.TimeoutError;
      if (isNobody) return null;
      throw error;
    }
  }
}

/** The process without what tells it from another of that number. */
function wordsOf(text: string): string {
  return text.replace(/ \(.*\)$/, '');
}
