/** Powers of two: looking one up takes a fraction of the time of working it out. */
const POWERS_OF_2: readonly number[] = Array.from({ length: 65 }, (_, i) => 2 ** i);

/** @param exponent An integer from 0 to 64. */
export function powerOf2(exponent: number): number {
  return POWERS_OF_2[exponent] as number;
}

/**
 * The same as `%`: exact for a power of two, and several times as fast beyond 32 bits.
 *
 * @param value An integer from 0 to 2^53 - 1.
 */
export function remainder(value: number, power: number): number {
  return value < power ? value : value - Math.floor(value / power) * power;
}

/**
 * The first number of the run of `2 ** order` that a frame begins, and the place of a page in such a
 * run, as one number: the frame of a page inside a large page.
 */
export function frameWithin(frame: number, page: number, order: number): number {
  const span = powerOf2(order);
  return Math.floor(frame / span) * span + remainder(page, span);
}

/**
 * The digit of a page number that selects an entry of a table.
 *
 * @param bits Bits of an index: 9 or 10.
 * @param level From 1, the last.
 */
export function tableIndex(page: number, level: number, bits: number): number {
  // A mask sees the low bits of an exact number, whatever lies above them.
  return Math.floor(page / powerOf2(bits * (level - 1))) & (powerOf2(bits) - 1);
}
