import { bitsOf, type Word } from './word.js';

/** The rights of a translation hold its protection key from this bit up: four bits. */
const KEY_SHIFT = 4;

/** Rights of a key in PKRU or IA32_PKRS, two bits each. */
const ACCESS_DISABLE = 1;
const WRITE_DISABLE = 2;

/**
 * The protection key of the entry that maps a page, where rights hold it; 0 for formats without.
 *
 * @see Intel SDM Vol. 3A, "4-Level Paging and 5-Level Paging": bits 62:59 of an entry
 */
export function keyRightsOf(leaf: Word, { levels }: { levels: number }): number {
  return levels < 4 ? 0 : bitsOf(leaf, { high: 62, low: 59 }) << KEY_SHIFT;
}

/** The protection key in the rights of a translation: 0 to 15. */
export function keyOf(acc: number): number {
  return acc >> KEY_SHIFT;
}

/**
 * Whether PKRU or IA32_PKRS forbid a data access under a key.
 *
 * @param rights The register: bit 2k forbids every access under key k, bit 2k + 1 writing.
 * @param isWrite Whether it is a write that WD can forbid: not one of a supervisor without CR0.WP.
 * @see Intel SDM Vol. 3A, "Protection Keys"
 */
export function isKeyForbidden(key: number, rights: number, isWrite: boolean): boolean {
  const own = rights >>> (2 * key);
  return (own & ACCESS_DISABLE) !== 0 || (isWrite && (own & WRITE_DISABLE) !== 0);
}
