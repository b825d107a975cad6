import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { Command, createJsonWriter } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import { checkerOf } from '../wire/compilers.js';
import { ApiError } from '../wire/errors.js';
import { demandPlainEncoding } from '../wire/json-body.js';
import { endOwnTime, keepOwnTime } from '../wire/own-time.js';
import { Problem } from '../wire/problem.js';
import { CommandStream, type CommandStreamOptions, type TakeTurn } from './command-stream.js';

export const NDJSON_TYPE = 'application/x-ndjson';

/** Part of a route's `config`: the schema of each line that it takes instead of a whole body. */
export interface RouteLines {
  readonly lines?: z.ZodType;
}

export function linesOf({ config = {} }: { readonly config?: object }): RouteLines {
  return config;
}

/** Lets the routes of a plugin read the body themselves, as a stream of commands. */
export function takeCommandLines(app: FastifyInstance): void {
  app.addContentTypeParser(NDJSON_TYPE, (request, payload, done) => {
    demandPlainEncoding(request);
    done(null, payload);
  });
}

const checkCommand = checkerOf(Command, 'body');
const writeProblem = createJsonWriter(Problem);

export interface CommandStreamsOptions {
  readonly fleet: Fleet;
  readonly takeTurn: TakeTurn;
  /** Turns an error into a problem for the client of a request. */
  readonly problemFor: (error: unknown, request: FastifyRequest) => Problem;
}

/** Owns the streams of commands of all VMs. */
export class CommandStreams {
  readonly #options: CommandStreamsOptions;
  readonly #open = new Set<CommandStream>();

  constructor(options: CommandStreamsOptions) {
    this.#options = options;
  }

  /**
   * Answers a request whose body is a stream of commands.
   *
   * @returns The body of the answer.
   * @throws {ApiError} If the bound of streams is met.
   */
  answer(
    request: FastifyRequest,
    reply: FastifyReply,
    options: Pick<CommandStreamOptions, 'entry' | 'write'>,
  ): Readable {
    const { fleet, takeTurn, problemFor } = this.#options;
    this.#admit(fleet.limits.streams);
    const { raw } = request;
    const stream = new CommandStream({
      ...options,
      fleet,
      takeTurn,
      request: raw,
      response: reply.raw,
      read: readCommand,
      writeProblem: (error) => writeProblem(problemFor(error, request)),
    });
    this.#open.add(stream);
    keepOwnTime(raw.socket);
    reply.raw.once('finish', () => stream.finish());
    reply.raw.once('close', () => {
      this.#open.delete(stream);
      endOwnTime(raw.socket);
    });
    void reply.type(NDJSON_TYPE);
    return stream.answers();
  }

  /** Ends every stream with a problem. */
  close(): void {
    const reason = new ApiError(
      'not-ready',
      'Cannot read commands: the server is draining; send the rest to another, or again when it is back',
    );
    for (const stream of this.#open) stream.stop(reason);
  }

  #admit(streamsMax: number): void {
    if (this.#open.size < streamsMax) return;
    throw new ApiError(
      'stream-limit-reached',
      `Cannot open stream of commands: there are ${streamsMax}, the bound; close one`,
    );
  }
}

/** @throws {ApiError} If the value is not a command. */
function readCommand(value: unknown): Command {
  const checked = checkCommand(value);
  if ('error' in checked) throw checked.error;
  return checked.value;
}
