import type { Operation } from './description.js';

/** Parts of a request, before it is assembled. */
export interface Parts {
  readonly operation: Operation;
  readonly method: string;
  /** Values of the path's parameters by name. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  /** Value of the body; undefined if there is none. */
  readonly json: unknown;
  /** Text of the body, if it is not the JSON of its value. */
  readonly text: string | null;
}

/** Random choices of how a request is spoiled. */
export interface Dice {
  readonly place: number;
  readonly junk: unknown;
}

/** Turns a request into one that openapi.yaml does not describe. */
export type Spoiler = (parts: Parts, dice: Dice) => Parts;

/** One item of a list; undefined if the list is empty. */
export function pick<T>(from: readonly T[], place: number): T | undefined {
  return from[place % from.length];
}

/** Text of a body before it is spoiled. */
export function textOf({ text, json }: Parts): string | undefined {
  return text ?? JSON.stringify(json);
}
