/** A number as recordings write it. @param value An integer from 0 to 2^53 - 1. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
