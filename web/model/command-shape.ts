/** A kind of JSON value that a field may have. */
export type Takes = 'text' | 'number' | 'boolean' | 'null' | 'json';

/** A field of a command, as its schema has it. */
export interface FieldShape {
  readonly name: string;
  readonly isRequired: boolean;
  readonly takes: readonly Takes[];
  /** Values that it may have, if they are few. */
  readonly choices: readonly string[];
  /** Description in the schema; empty if there is none. */
  readonly about: string;
}

/** A kind of command, as its schema has it. */
export interface CommandShape {
  readonly kind: string;
  readonly summary: string;
  /** In the order of the schema; `kind` and `vcpu` are not among them. */
  readonly fields: readonly FieldShape[];
}
