/** Bits of a paging entry, as cases name them. @see Intel SDM Vol. 3A, "4-Level Paging" */
export const PAGE_BITS = {
  P: 1n << 0n,
  W: 1n << 1n,
  U: 1n << 2n,
  A: 1n << 5n,
  D: 1n << 6n,
  PS: 1n << 7n,
  G: 1n << 8n,
  XD: 1n << 63n,
} as const;

/** An entry with a protection key, 0 to 15, in its bits 62:59. */
export function withKey(entry: bigint, key: bigint): bigint {
  return (entry & ~(0xfn << 59n)) | (key << 59n);
}

/** An entry under which everything is allowed to everyone, not used yet. */
export const OPEN_ENTRY = PAGE_BITS.P | PAGE_BITS.W | PAGE_BITS.U;
