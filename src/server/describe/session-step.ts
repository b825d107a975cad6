/** A request of the session from which the examples come. */
export interface Step {
  readonly operation: string;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The operation whose last answer is the body. */
  readonly bodyFrom?: string;
}
