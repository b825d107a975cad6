/** A value as the wire carries it. */
export function hexOf(value: bigint | number): string {
  return `0x${value.toString(16)}`;
}

/** A 64-bit value of the model, made whole. */
export function toBigint({ page, low }: { readonly page: number; readonly low: number }): bigint {
  return BigInt(page) * 4096n + BigInt(low);
}
