import type { Operations, StreamFrame } from './api.js';

/** Name of an operation in openapi.yaml. */
export type OperationId = keyof Operations;

/** Parts of any request, as texts and JSON. */
export interface Parts {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Query;
  readonly body?: unknown;
}

export type Query = Readonly<Record<string, string | readonly string[]>>;

/** Parts of the request of one operation. */
export type Given<Id extends OperationId> = Omit<Operations[Id], 'answer'>;

export type AnswerOf<Id extends OperationId> = Operations[Id]['answer'];

/** Asks operations of a host in this process, or of a server. */
export interface Calls {
  /**
   * @returns The answer as the wire has it; undefined where it has no body.
   * @param signal Ends the wait for the answer: the call throws the reason.
   * @throws {LabError} If the request is refused, or the lab is closed.
   */
  ask<Id extends OperationId>(
    id: Id,
    given: Given<Id> & Parts,
    signal?: AbortSignal,
  ): Promise<AnswerOf<Id>>;
  /**
   * Frames of the stream of a VM, until it ends.
   *
   * @throws {LabError} If it is refused, as soon as the first frame is asked for.
   */
  frames(vm: string, query: Query, signal?: AbortSignal): AsyncGenerator<StreamFrame>;
  /** Ends the requests that are under way. */
  close(): Promise<void>;
}
