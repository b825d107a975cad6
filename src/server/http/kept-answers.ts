import type { Limits } from '../wire/limits.js';

/** An answer as it was given. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null if it is too long to be kept. */
  readonly payload: string | Buffer | null;
}

/** What is known of a key: who asked first, and the answer once there is one. */
export interface KeptAnswer {
  readonly key: string;
  /** What was asked, as a digest. */
  readonly asked: string;
  answer: Answer | null;
  /** When the answer was given, in milliseconds of a clock that only rises. */
  answeredAt: number;
  /** Requests of the same key that came before the answer. */
  waiters: (() => void)[];
}

/**
 * Answers by the key that their requests named.
 *
 * What is kept is bounded in time, number and bytes; the oldest answer goes first. A key whose
 * answer is not there yet is always kept: there are no more of them than requests.
 */
export class KeptAnswers {
  readonly #limits: Limits;
  readonly #pending = new Map<string, KeptAnswer>();
  /** Oldest first. */
  readonly #answered = new Map<string, KeptAnswer>();
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  find(key: string): KeptAnswer | undefined {
    this.#forgetExpired();
    return this.#pending.get(key) ?? this.#answered.get(key);
  }

  /** A request of a new key begins. */
  begin(key: string, asked: string): KeptAnswer {
    const kept: KeptAnswer = { key, asked, answer: null, answeredAt: 0, waiters: [] };
    this.#pending.set(key, kept);
    return kept;
  }

  /** The request is answered. @param answer Null if it changed nothing and may be tried again. */
  finish(kept: KeptAnswer, answer: Answer | null): void {
    this.#pending.delete(kept.key);
    if (answer !== null) this.#keep(kept, answer);
    for (const wake of kept.waiters) queueMicrotask(wake);
    kept.waiters = [];
  }

  #keep(kept: KeptAnswer, answer: Answer): void {
    const isLong = bytesOf(answer) > this.#limits.idempotencyAnswerBytesMax;
    kept.answer = isLong ? { ...answer, payload: null } : answer;
    kept.answeredAt = performance.now();
    this.#answered.set(kept.key, kept);
    this.#bytes += bytesOf(kept.answer);
    const { idempotencyKeysMax, idempotencyBytesMax } = this.#limits;
    while (this.#answered.size > idempotencyKeysMax || this.#bytes > idempotencyBytesMax) {
      this.#forgetOldest();
    }
  }

  #forgetExpired(): void {
    const since = performance.now() - this.#limits.idempotencyMs;
    for (const { answeredAt } of this.#answered.values()) {
      if (answeredAt > since) return;
      this.#forgetOldest();
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#answered.values();
    if (oldest === undefined) return;
    this.#answered.delete(oldest.key);
    if (oldest.answer !== null) this.#bytes -= bytesOf(oldest.answer);
  }
}

function bytesOf({ payload }: Answer): number {
  return payload === null ? 0 : Buffer.byteLength(payload);
}
