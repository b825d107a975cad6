import type { Limits } from '../wire/bounds.js';
import { NO_STORE, type SharedValues, type ValueStore } from '../wire/value-store.js';
import { type Answer, claimed, type Written } from './claimed-key.js';

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
  readonly #store: ValueStore;
  readonly #pending = new Map<string, KeptAnswer>();
  /** Answered keys, the oldest first. */
  readonly #answered = new Map<string, KeptAnswer>();
  #bytes = 0;

  constructor(limits: Limits, store: ValueStore = NO_STORE) {
    this.#limits = limits;
    this.#store = store;
    const now = performance.now();
    const given = [...store.kept] as (readonly [string, Written])[];
    // Where other servers have the keys as well, one of them may still answer.
    const ended = given.filter(([, { answer }]) => store.shared === null || answer !== null);
    const kept = ended.map(([key, value]) => keptFrom(key, value, now));
    kept.sort((a, b) => a.answeredAt - b.answeredAt);
    for (const one of kept) this.#add(one);
  }

  find(key: string): KeptAnswer | undefined {
    this.#forgetExpired();
    return this.#pending.get(key) ?? this.#answered.get(key);
  }

  /**
   * Notes a request with a new key.
   *
   * @returns Null if another server has the key, and it is known by now how that one answered.
   */
  begin(key: string, request: string): KeptAnswer | Promise<KeptAnswer | null> {
    const kept: KeptAnswer = { key, request, answer: null, answeredAt: 0, waiters: [] };
    this.#pending.set(key, kept);
    const { shared } = this.#store;
    if (shared !== null) return this.#claim(kept, shared);
    this.#store.put(key, writtenOf(kept));
    return kept;
  }

  /** Claims a key, or waits for the answer of the server that has it. */
  async #claim(kept: KeptAnswer, shared: SharedValues): Promise<KeptAnswer | null> {
    try {
      const found = await claimed(shared, kept.key, writtenOf(kept), this.#limits.requestMs);
      if (found === null) return kept;
      this.#pending.delete(kept.key);
      this.#add(keptFrom(kept.key, found, performance.now()));
    } catch (error) {
      this.#pending.delete(kept.key);
      throw error;
    } finally {
      if (this.#pending.get(kept.key) !== kept) this.#wake(kept);
    }
    return null;
  }

  #wake(kept: KeptAnswer): void {
    for (const wake of kept.waiters) queueMicrotask(wake);
    kept.waiters = [];
  }

  /**
   * Notes the answer of a request.
   *
   * @param answer Null if the request changed nothing and may be tried again.
   */
  finish(kept: KeptAnswer, answer: Answer | null): void {
    this.#pending.delete(kept.key);
    if (answer === null) this.#store.remove(kept.key);
    else this.#keep(kept, answer);
    this.#wake(kept);
  }

  #keep(kept: KeptAnswer, answer: Answer): void {
    const isLong = bytesOf(answer) > this.#limits.idempotencyAnswerBytes;
    kept.answer = isLong ? { ...answer, payload: null } : answer;
    kept.answeredAt = performance.now();
    this.#store.put(kept.key, writtenOf(kept));
    this.#add(kept);
  }

  #add(kept: KeptAnswer): void {
    this.#answered.set(kept.key, kept);
    if (kept.answer !== null) this.#bytes += bytesOf(kept.answer);
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
    this.#store.remove(oldest.key);
    if (oldest.answer !== null) this.#bytes -= bytesOf(oldest.answer);
  }
}

function bytesOf({ payload }: Answer): number {
  return payload === null ? 0 : Buffer.byteLength(payload);
}

function writtenOf({ request, answer }: KeptAnswer): Written {
  const payload = answer?.payload == null ? null : String(answer.payload);
  return { request, answer: answer && { ...answer, payload }, at: Date.now() };
}

/** An answer of an earlier process. A clock that was set back makes it no older than it is. */
function keptFrom(key: string, { request, answer, at }: Written, now: number): KeptAnswer {
  const age = Math.max(0, Date.now() - at);
  const known = answer ?? { status: 200, headers: {}, payload: null };
  return { key, request, answer: known, answeredAt: now - age, waiters: [] };
}
