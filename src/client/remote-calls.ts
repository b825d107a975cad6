import type { RequestOpts } from '@oazapfts/runtime';
import type { Problem, StreamFrame } from './api.js';
import { LabError, labClosed } from './lab-error.js';
import { linesOf } from './lines.js';

export interface ServerOptions {
  /** Where the server wants one. */
  readonly token?: string;
  /** Instead of the global one: to trace requests, or to go through a proxy. */
  readonly fetch?: typeof fetch;
}

/** Any answer of the generated calls. */
interface Answer {
  readonly status: number;
  readonly data?: unknown;
}

/** What an answer holds if it is no refusal. */
type Data<A> = A extends { status: 200 | 201; data: infer D }
  ? D
  : A extends { status: 204 }
    ? undefined
    : never;

/** Asks a server, as {@link LocalCalls} asks a host in this process. */
export class RemoteCalls {
  readonly #to: RequestOpts & { readonly baseUrl: string; readonly fetch: typeof fetch };
  readonly #headers: Record<string, string>;
  /** What ends each request that is under way. A signal for all would gather a listener of each. */
  readonly #underWay = new Set<AbortController>();
  #isClosed = false;

  constructor(url: string | URL, { token, fetch: by = fetch }: ServerOptions) {
    const baseUrl = String(url).replace(/\/+$/, '');
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#to = { baseUrl, headers: this.#headers, fetch: by };
  }

  /**
   * @param send Makes the request, to where it is told.
   * @throws {LabError} If it is refused.
   * @throws {TypeError} If the server cannot be reached, as `fetch` does.
   */
  async answerOf<A extends Answer>(
    send: (to: RequestOpts) => Promise<A>,
    signal?: AbortSignal,
  ): Promise<Data<A>> {
    const underWay = this.#begin(signal);
    try {
      const { status, data } = await send({ ...this.#to, signal: underWay.signal });
      if (status >= 300) throw labErrorOf(status, data);
      // Without a body there is no answer, not an empty one.
      return (status === 204 ? undefined : data) as Data<A>;
    } finally {
      underWay.end();
    }
  }

  /** @throws {LabError} If it is refused, as soon as the first frame is asked for. */
  async *frames(
    vm: string,
    {
      query,
      signal,
    }: { query: Record<string, string | string[]>; signal?: AbortSignal | undefined },
  ): AsyncGenerator<StreamFrame> {
    const { baseUrl, fetch: by } = this.#to;
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) {
      for (const one of [value].flat()) search.append(key, one);
    }
    const underWay = this.#begin(signal);
    try {
      const response = await by(`${baseUrl}/v1/vms/${encodeURIComponent(vm)}/events?${search}`, {
        headers: { ...this.#headers, accept: 'application/x-ndjson' },
        signal: underWay.signal,
      });
      if (!response.ok || response.body === null) {
        throw labErrorOf(response.status, await response.json().catch(() => null));
      }
      for await (const line of linesOf(response.body)) yield JSON.parse(line) as StreamFrame;
    } catch (error) {
      // As a server that closes ends its streams.
      if (!this.#isClosed) throw error;
    } finally {
      underWay.end();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const leaving of this.#underWay) leaving.abort(labClosed());
  }

  /**
   * @param signal The caller's, to be heeded until the end.
   * @throws {LabError} If the lab is closed.
   */
  #begin(signal: AbortSignal | undefined): UnderWay {
    if (this.#isClosed) throw labClosed();
    signal?.throwIfAborted();
    const leaving = new AbortController();
    const leave = () => leaving.abort(signal?.reason);
    signal?.addEventListener('abort', leave);
    this.#underWay.add(leaving);
    const end = () => {
      signal?.removeEventListener('abort', leave);
      this.#underWay.delete(leaving);
    };
    return { signal: leaving.signal, end };
  }
}

/** A request that is not answered yet. */
interface UnderWay {
  /** Fires when nobody waits for it any more. */
  readonly signal: AbortSignal;
  readonly end: () => void;
}

/** @throws {Error} If the answer is no problem of ours: something else than mmulab listens there. */
function labErrorOf(status: number, data: unknown): LabError {
  const problem = data as Partial<Problem> | null;
  if (typeof problem?.code !== 'string' || typeof problem.detail !== 'string') {
    throw new Error(`Cannot read the answer: status ${status} without a problem of mmulab`);
  }
  return new LabError(problem as Problem);
}
