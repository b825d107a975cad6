const WITH_COMMAS = new Intl.NumberFormat('en');

/** A number with a comma before every third digit, as it is read most easily. */
export function figure(value: number): string {
  // A format of its own for each call would cost more than the rest of a picture.
  return WITH_COMMAS.format(value);
}
