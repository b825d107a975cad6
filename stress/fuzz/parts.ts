import type { Operation } from './description.js';

/** A request in its parts, before it is put together. */
export interface Parts {
  readonly operation: Operation;
  readonly method: string;
  /** Values of the path's parameters by their names. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  /** What the body holds; undefined if there is none. */
  readonly json: unknown;
  /** The body itself, where it is not simply what it holds. */
  readonly text: string | null;
}

/** What chance says of how a request is spoiled. */
export interface Dice {
  readonly place: number;
  readonly junk: unknown;
}

/** Makes a request one that is not described. */
export type Spoiler = (parts: Parts, dice: Dice) => Parts;

/** One of several; undefined if there are none. */
export function pick<T>(from: readonly T[], place: number): T | undefined {
  return from[place % from.length];
}

/** The text of a body, before it is spoiled. */
export function textOf({ text, json }: Parts): string | undefined {
  return text ?? JSON.stringify(json);
}
