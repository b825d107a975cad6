import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Applied } from '../../journal/index.js';
import type { Command } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { ApiError } from '../wire/errors.js';
import { jsonOf, objectsOf } from '../wire/json-lines.js';
import { COMMAND_LINE_BYTES_MAX } from '../wire/limits.js';
import { SLICE_COMMANDS } from './batch.js';

/** A client that was told why a stream ended may take this long to stop sending. */
const LAST_WORD_MS = 1000;

/** Answers that are sent in one go, if as much is at hand: a write costs more than a command. */
const WRITE_BYTES = 64 * 1024;

export interface CommandStreamOptions {
  readonly fleet: Fleet;
  readonly entry: FleetVm;
  /** Its body holds the commands, one a line. */
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** @throws {ApiError} If JSON is no command. */
  readonly read: (value: unknown) => Command;
  readonly write: (applied: Applied) => string;
  readonly writeProblem: (error: unknown) => string;
}

/**
 * Commands as they come, a line each, answered by a line each; what cannot be applied is answered
 * by a problem, which is the last line.
 *
 * Nothing is read ahead of what the client has taken: a client that does not read its answers is
 * not read from either, and costs no more than the answers to a slice of commands.
 */
export class CommandStream {
  readonly #options: CommandStreamOptions;
  #line = 0;
  #stopped: ApiError | null = null;
  /** Wakes it while it waits for more. */
  #wake: (reason: ApiError) => void = () => {};

  constructor(options: CommandStreamOptions) {
    this.#options = options;
  }

  /** What the client is to read. */
  answers(): Readable {
    return Readable.from(this.#answers(), { objectMode: false });
  }

  /** Ends it with a problem. */
  stop(reason: ApiError): void {
    this.#stopped ??= reason;
    this.#wake(reason);
  }

  /** The answer is out. What else the client sends is not read for long. */
  finish(): void {
    const { request } = this.#options;
    if (request.readableEnded) return;
    request.resume();
    setTimeout(() => {
      if (!request.readableEnded) request.destroy();
    }, LAST_WORD_MS).unref();
  }

  async *#answers(): AsyncGenerator<string> {
    const { request, writeProblem } = this.#options;
    try {
      for await (const lines of this.#lines()) yield* this.#answersTo(lines);
    } catch (error) {
      // A client that has gone reads nothing any more.
      if (request.errored === null) yield* this.#given(`${writeProblem(this.#placed(error))}\n`);
    }
  }

  async *#answersTo(lines: readonly string[]): AsyncGenerator<string> {
    let held: string[] = [];
    let length = 0;
    for (let i = 0; i < lines.length; i += SLICE_COMMANDS) {
      const { answers, error } = this.#apply(lines.slice(i, i + SLICE_COMMANDS));
      held.push(answers);
      length += answers.length;
      if (length >= WRITE_BYTES || error !== null) {
        yield* this.#given(held.join(''));
        held = [];
        length = 0;
      }
      if (error !== null) throw error;
      // Others get their turn.
      await nextTurn();
    }
    yield* this.#given(held.join(''));
  }

  /** Lines as they come: all that have come whole. */
  async *#lines(): AsyncGenerator<string[]> {
    // Whoever stops reading must not close the connection: the last lines have to go out.
    const chunks = this.#options.request.iterator({ destroyOnReturn: false });
    let rest = '';
    for (let next = await this.#next(chunks); !next.done; next = await this.#next(chunks)) {
      // A command is ASCII: what is not is refused, however it is read.
      const lines = (rest + (next.value as Buffer).toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      yield lines;
      if (rest.length > COMMAND_LINE_BYTES_MAX) break;
    }
    if (rest !== '') yield [rest];
  }

  /** @throws {ApiError} If nothing comes for too long, or if the stream is stopped. */
  #next(chunks: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
    const { requestMsMax } = this.#options.fleet.limits;
    return new Promise((resolve, reject) => {
      if (this.#stopped !== null) reject(this.#stopped);
      this.#wake = reject;
      const late = setTimeout(() => this.stop(cameTooSlowly(requestMsMax)), requestMsMax).unref();
      chunks
        .next()
        .then(resolve, reject)
        .finally(() => clearTimeout(late));
    });
  }

  #apply(lines: readonly string[]): { answers: string; error: unknown } {
    const { fleet, entry, read, write } = this.#options;
    const answers: string[] = [];
    // Joined, not added up: a sum of many keeps a tree of all its parts alive.
    const joined = () => (answers.length === 0 ? '' : `${answers.join('\n')}\n`);
    const objects = objectsOf(lines);
    try {
      fleet.demand(entry);
      for (const [index, line] of lines.entries()) {
        this.#line += 1;
        if (line === '' || line === '\r') continue;
        if (line.length > COMMAND_LINE_BYTES_MAX) throw lineTooLong();
        const command = read(objects === null ? jsonOf(line) : objects[index]);
        if (entry.vm.vcpus[command.vcpu] === undefined) throw noVcpu(command);
        answers.push(write(fleet.run(entry, command)));
      }
      return { answers: joined(), error: null };
    } catch (error) {
      return { answers: joined(), error };
    } finally {
      entry.ring.notify();
    }
  }

  /** Gives lines out. A client that does not take them for too long is hung up on. */
  async *#given(lines: string): AsyncGenerator<string> {
    if (lines === '') return;
    const { response, fleet } = this.#options;
    const late = setTimeout(() => response.destroy(), fleet.limits.requestMsMax).unref();
    try {
      yield lines;
    } finally {
      clearTimeout(late);
    }
  }

  /** The error, with where it happened. */
  #placed(error: unknown): unknown {
    if (!(error instanceof ApiError)) return error;
    const details = { ...error.details, line: this.#line, seq: this.#options.entry.ring.head };
    return new ApiError(error.code, `${error.message} (line ${this.#line})`, details);
  }
}

function cameTooSlowly(ms: number): ApiError {
  return new ApiError(
    'request-timeout',
    `Cannot read commands: none came for ${ms} ms; send an empty line to keep the stream`,
  );
}

function noVcpu({ kind, vcpu }: Command): ApiError {
  return new ApiError('vcpu-not-found', `Cannot run "${kind}": no vCPU ${vcpu}`);
}

function lineTooLong(): ApiError {
  return new ApiError(
    'line-too-long',
    `Cannot read command: a line is bounded to ${COMMAND_LINE_BYTES_MAX} bytes`,
  );
}
