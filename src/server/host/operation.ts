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

/** Schema of an answer. */
export type AnswerSchema = z.ZodType;

type OutputOf<T> = T extends z.ZodType ? z.output<T> : unknown;

/**
 * A question to the VMs, whoever asks: a route over HTTP, or a caller in the same process. Who may
 * ask it, and the status and headers of its answer, are the route's.
 */
export interface Operation<P extends Parts = Parts, A extends AnswerSchema = AnswerSchema> {
  /** Names it in openapi.yaml (`operationId`) and to callers in the same process. */
  readonly id: string;
  readonly takes: P;
  readonly answer: A;
  /**
   * A method, so that a list can hold operations of all types; each is asked with parts that its
   * own schemas have checked.
   *
   * @param signal Fires when nobody waits for the answer any more.
   * @throws {ApiError} If it is refused.
   */
  run(host: Host, asked: Asked<P>, signal?: AbortSignal): z.output<A> | Promise<z.output<A>>;
}

/** Names the types of an operation by what it is made from. */
export function operation<const P extends Parts, A extends AnswerSchema>(
  one: Operation<P, A>,
): Operation<P, A> {
  return one;
}

/** Id of one of many operations that are alike: `run` and `mov-cr3` make `runMovCr3`. */
export function operationIdOf(verb: string, name: string): string {
  return verb + name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
