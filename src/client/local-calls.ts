import * as server from '../server/direct/index.js';
import type { Problem, StreamFrame } from './api.js';
import { LabError, labClosed } from './lab-error.js';

/** Asks a host in this process, as {@link RemoteCalls} asks a server. */
export class LocalCalls {
  readonly #host: server.Host;
  readonly #closing = new AbortController();

  constructor(host: server.Host) {
    this.#host = host;
  }

  /**
   * @returns What the wire would carry; who asks knows its type.
   * @throws {LabError} If it is refused.
   */
  async ask<P extends server.Parts, A extends server.AnswerSchema, T>(
    operation: server.Operation<P, A>,
    given: server.Given = {},
  ): Promise<T> {
    const { signal } = given;
    this.#closing.signal.throwIfAborted();
    signal?.throwIfAborted();
    try {
      return (await server.ask(this.#host, operation, given)) as T;
    } catch (error) {
      signal?.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      throw labErrorOf(error);
    }
  }

  /** @throws {LabError} If it is refused, as soon as the first frame is asked for. */
  async *frames(
    vm: string,
    { query, signal }: Pick<server.Given, 'query' | 'signal'>,
  ): AsyncGenerator<StreamFrame> {
    this.#closing.signal.throwIfAborted();
    signal?.throwIfAborted();
    try {
      const frames = server.follow(this.#host, vm, { query: query ?? {}, signal });
      for await (const frame of frames) yield frame as StreamFrame;
    } catch (error) {
      throw labErrorOf(error);
    }
    signal?.throwIfAborted();
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(labClosed());
    const { streams, waits, fleet } = this.#host;
    waits.close();
    await streams.close();
    fleet.close();
  }
}

/** What is no refusal is an error of ours: a server would hide it in its log. */
function labErrorOf(error: unknown): LabError {
  const refusal =
    error instanceof server.ApiError
      ? error
      : new server.ApiError('internal', 'Cannot finish the request: an error of ours');
  return new LabError(server.problemOf(refusal) as Problem, { cause: error });
}
