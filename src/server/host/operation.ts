import type { z } from 'zod';
import type { Host } from './host.js';

/** The parts of a request that an operation takes, and the schema that checks each. */
export interface Parts {
  readonly params?: z.ZodType;
  readonly querystring?: z.ZodType;
  readonly body?: z.ZodType;
}

/** A request, checked. */
export interface Asked<P extends Parts> {
  readonly params: OutputOf<P['params']>;
  readonly query: OutputOf<P['querystring']>;
  readonly body: OutputOf<P['body']>;
}

/** What describes an answer. */
export type AnswerSchema = z.ZodType;

type OutputOf<T> = T extends z.ZodType ? z.output<T> : unknown;

/**
 * What can be asked of the VMs, whoever asks: a route over HTTP, or a caller in the same process.
 * Who it may be asked by, and with which status and headers it answers, is the route's.
 */
export interface Operation<P extends Parts, A extends AnswerSchema> {
  readonly takes: P;
  readonly answer: A;
  /**
   * @param signal Fires when nobody waits for the answer any more.
   * @throws {ApiError} If it is refused.
   */
  readonly run: (
    host: Host,
    asked: Asked<P>,
    signal?: AbortSignal,
  ) => z.output<A> | Promise<z.output<A>>;
}

/** Names the types of an operation by what it is made from. */
export function operation<const P extends Parts, A extends AnswerSchema>(
  one: Operation<P, A>,
): Operation<P, A> {
  return one;
}
