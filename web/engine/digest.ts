import { bytesToHex } from '@noble/hashes/utils.js';

export { sha256 } from '@noble/hashes/sha2.js';

/** A digest as a case file has it. */
export function digestText(hash: Uint8Array): string {
  return `sha256:${bytesToHex(hash)}`;
}
