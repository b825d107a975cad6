import * as server from '../server/direct/index.js';
import type { Problem, StreamFrame } from './api.js';
import type { AnswerOf, Calls, Given, OperationId, Parts, Query } from './calls.js';
import { LabError, labClosed } from './lab-error.js';

/** Asks a host in this process. */
export class LocalCalls implements Calls {
  readonly #host: server.Host;
  readonly #closing = new AbortController();

  constructor(host: server.Host) {
    this.#host = host;
  }

  async ask<Id extends OperationId>(
    id: Id,
    { params, query, body }: Given<Id> & Parts,
    signal?: AbortSignal,
  ): Promise<AnswerOf<Id>> {
    this.#closing.signal.throwIfAborted();
    signal?.throwIfAborted();
    try {
      const answer = await server.ask(this.#host, id, { params, query, body, signal });
      return answer as AnswerOf<Id>;
    } catch (error) {
      signal?.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      throw labErrorOf(error);
    }
  }

  async *frames(vm: string, query: Query, signal?: AbortSignal): AsyncGenerator<StreamFrame> {
    this.#closing.signal.throwIfAborted();
    signal?.throwIfAborted();
    try {
      for await (const frame of server.follow(this.#host, vm, { query, signal })) {
        yield frame as StreamFrame;
      }
    } catch (error) {
      throw labErrorOf(error);
    }
    signal?.throwIfAborted();
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(labClosed());
    const { streams, waits, jobs, fleet } = this.#host;
    waits.close();
    jobs.close();
    await streams.close();
    fleet.close();
  }
}

/** An error other than a refusal is ours: a server would hide it in its log. */
function labErrorOf(error: unknown): LabError {
  const refusal =
    error instanceof server.ApiError
      ? error
      : new server.ApiError('internal', 'Cannot finish the request: an error of ours');
  return new LabError(server.problemOf(refusal) as Problem, { cause: error });
}
