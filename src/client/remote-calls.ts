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
  readonly #to: RequestOpts & { readonly baseUrl: string };
  readonly #fetch: typeof fetch;
  readonly #headers: Record<string, string>;
  readonly #closing = new AbortController();

  constructor(url: string | URL, { token, fetch: by = fetch }: ServerOptions) {
    const baseUrl = String(url).replace(/\/+$/, '');
    this.#fetch = by;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#to = { baseUrl, headers: this.#headers, fetch: by as NonNullable<RequestOpts['fetch']> };
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
    const { status, data } = await send({ ...this.#to, signal: this.#until(signal) });
    if (status >= 300) throw labErrorOf(status, data);
    // Without a body there is no answer, not an empty one.
    return (status === 204 ? undefined : data) as Data<A>;
  }

  /** @throws {LabError} If it is refused, as soon as the first frame is asked for. */
  async *frames(
    vm: string,
    {
      query,
      signal,
    }: { query: Record<string, string | string[]>; signal?: AbortSignal | undefined },
  ): AsyncGenerator<StreamFrame> {
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) {
      for (const one of [value].flat()) search.append(key, one);
    }
    const url = `${this.#to.baseUrl}/v1/vms/${encodeURIComponent(vm)}/events?${search}`;
    const response = await this.#fetch(url, {
      headers: { ...this.#headers, accept: 'application/x-ndjson' },
      signal: this.#until(signal),
    });
    if (!response.ok || response.body === null) {
      throw labErrorOf(response.status, await response.json().catch(() => null));
    }
    for await (const line of linesOf(response.body)) yield JSON.parse(line) as StreamFrame;
  }

  async close(): Promise<void> {
    this.#closing.abort(labClosed());
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    const closing = this.#closing.signal;
    return signal === undefined ? closing : AbortSignal.any([closing, signal]);
  }
}

/** @throws {Error} If the answer is no problem of ours: something else than mmulab listens there. */
function labErrorOf(status: number, data: unknown): LabError {
  const problem = data as Partial<Problem> | null;
  if (typeof problem?.code !== 'string' || typeof problem.detail !== 'string') {
    throw new Error(`Cannot read the answer: status ${status} without a problem of mmulab`);
  }
  return new LabError(problem as Problem);
}
