import { type Problem, ROUTES, type StreamFrame } from './api.js';
import type { AnswerOf, Calls, Given, OperationId, Parts, Query } from './calls.js';
import { LabError, labClosed } from './lab-error.js';
import { linesOf } from './lines.js';

export interface ServerOptions {
  /** Token, if the server asks for one. */
  readonly token?: string;
  /** Replaces the global one, to trace requests or to go through a proxy. */
  readonly fetch?: typeof fetch;
}

/** Asks a server. A server that cannot be reached is a `TypeError`, as `fetch` has it. */
export class RemoteCalls implements Calls {
  readonly #baseUrl: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof fetch;
  /** Aborts of the requests under way. One signal for all would gather a listener of each. */
  readonly #underWay = new Set<AbortController>();
  #isClosed = false;

  constructor(url: string | URL, { token, fetch: by = fetch }: ServerOptions) {
    this.#baseUrl = String(url).replace(/\/+$/, '');
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#fetch = by;
  }

  async ask<Id extends OperationId>(
    id: Id,
    given: Given<Id> & Parts,
    signal?: AbortSignal,
  ): Promise<AnswerOf<Id>> {
    const underWay = this.#begin(signal);
    try {
      const response = await this.#send(id, given, 'application/json', underWay.signal);
      // Without a body there is no answer, not an empty one.
      if (response.status === 204) return undefined as AnswerOf<Id>;
      return (await response.json()) as AnswerOf<Id>;
    } finally {
      underWay.end();
    }
  }

  async *frames(vm: string, query: Query, signal?: AbortSignal): AsyncGenerator<StreamFrame> {
    const underWay = this.#begin(signal);
    try {
      const given = { params: { vm }, query };
      const type = 'application/x-ndjson';
      const { body } = await this.#send('listEvents', given, type, underWay.signal);
      if (body === null) return;
      for await (const line of linesOf(body)) yield JSON.parse(line) as StreamFrame;
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

  /** @throws {LabError} If the request is refused. */
  async #send(
    id: OperationId,
    { params = {}, query = {}, body }: Parts,
    accept: string,
    signal: AbortSignal,
  ): Promise<Response> {
    const [method, path] = ROUTES[id];
    const place = path.replace(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(params[name] ?? ''),
    );
    const response = await this.#fetch(`${this.#baseUrl}${place}${searchOf(query)}`, {
      method,
      headers: { ...this.#headers, accept, ...(body === undefined ? {} : JSON_BODY) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
    if (!response.ok) {
      throw refusalOf(response.status, await response.json().catch(() => null));
    }
    return response;
  }

  /**
   * @param signal The caller's, observed until the end.
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

const JSON_BODY = { 'content-type': 'application/json' };

/** A request that is not answered yet. */
interface UnderWay {
  /** Fires when nobody waits for it any more. */
  readonly signal: AbortSignal;
  readonly end: () => void;
}

function searchOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of [value].flat()) search.append(key, one);
  }
  return search.size === 0 ? '' : `?${search}`;
}

/** The refusal; or an error of another kind, if the answer is not one of mmulab. */
function refusalOf(status: number, data: unknown): Error {
  const problem = data as Partial<Problem> | null;
  if (typeof problem?.code !== 'string' || typeof problem.detail !== 'string') {
    return new Error(`Cannot read the answer: status ${status} without a problem of mmulab`);
  }
  return new LabError(problem as Problem);
}
