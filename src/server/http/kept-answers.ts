import type { Limits } from '../wire/bounds.js';

/** An answer that was given. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null if it was too long to keep. */
  readonly payload: string | Buffer | null;
}

/** The first request with a key, and its answer once there is one. */
export interface KeptAnswer {
  readonly key: string;
  /** Digest of the request. */
  readonly request: string;
  answer: Answer | null;
  /** Time of the answer, in milliseconds of a monotonic clock. */
  answeredAt: number;
  /** Wakes the requests with the same key that arrived before the answer. */
  waiters: (() => void)[];
}

/**
 * Keeps answers by the key of their requests.
 *
 * The answers are bounded in time, number and bytes, and the oldest goes first. A key without an
 * answer is always kept; there are no more of them than requests in flight.
 */
export class KeptAnswers {
  readonly #limits: Limits;
  readonly #pending = new Map<string, KeptAnswer>();
  /** Answered keys, the oldest first. */
  readonly #answered = new Map<string, KeptAnswer>();
  #bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  find(key: string): KeptAnswer | undefined {
    this.#forgetExpired();
    return this.#pending.get(key) ?? this.#answered.get(key);
  }

  /** Notes a request with a new key. */
  begin(key: string, request: string): KeptAnswer {
    const kept: KeptAnswer = { key, request, answer: null, answeredAt: 0, waiters: [] };
    this.#pending.set(key, kept);
    return kept;
  }

  /**
   * Notes the answer of a request.
   *
   * @param answer Null if the request changed nothing and may be tried again.
   */
  finish(kept: KeptAnswer, answer: Answer | null): void {
    this.#pending.delete(kept.key);
    if (answer !== null) this.#keep(kept, answer);
    for (const wake of kept.waiters) queueMicrotask(wake);
    kept.waiters = [];
  }

  #keep(kept: KeptAnswer, answer: Answer): void {
    const isLong = bytesOf(answer) > this.#limits.idempotencyAnswerBytes;
    kept.answer = isLong ? { ...answer, payload: null } : answer;
    kept.answeredAt = performance.now();
    this.#answered.set(kept.key, kept);
    this.#bytes += bytesOf(kept.answer);
    const { idempotencyKeys: idempotencyKeysMax, idempotencyBytes: idempotencyBytesMax } =
      this.#limits;
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
