/** A difference between what a case expects and what the model did. */
export interface Difference {
  readonly expected: string;
  readonly came: string;
}
