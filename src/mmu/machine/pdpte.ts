import { type GuestMemory, readWord } from './memory.js';
import { isVisibleGfn } from './memslots.js';
import { gpaToGfn } from './page.js';
import { bitsOf, hasBit, isSameWord, type Word, wordToNumber } from './word.js';

/**
 * Whether four PDPTEs may be loaded: none that is present has a reserved bit set.
 *
 * @param maxphyaddr Bits of a physical address: 36 to 52.
 * @see Intel SDM Vol. 3A, "PDPTE Registers"
 * @see Linux `load_pdptrs()`, arch/x86/kvm/x86.c
 */
export function arePdptesValid(pdptes: readonly Word[], maxphyaddr: number): boolean {
  return pdptes.every((pdpte) => !isPdptePresent(pdpte) || !hasReservedBit(pdpte, maxphyaddr));
}

export function arePdptesSame(a: readonly Word[], b: readonly Word[]): boolean {
  return a === b || a.every((pdpte, i) => isSameWord(pdpte, b[i] as Word));
}

/** Whether a PDPTE points to a page directory: bit 0. */
export function isPdptePresent(pdpte: Word): boolean {
  return hasBit(pdpte, 0);
}

/** Reads the four PDPTEs to which CR3[31:5] points; null if that lies in no memslot. */
export function readPdptes(memory: GuestMemory, cr3: Word): readonly Word[] | null {
  return pdptesAt(memory, wordToNumber(cr3) % 2 ** 32);
}

/** Reads the four PDPTEs in the 32 bytes around an address; null if that lies in no memslot. */
export function pdptesAt(memory: GuestMemory, address: number): readonly Word[] | null {
  if (!isVisibleGfn(memory, gpaToGfn(address))) return null;
  const base = Math.floor(address / 32) * 32;
  return [0, 8, 16, 24].map((offset) => readWord(memory, base + offset));
}

function hasReservedBit(pdpte: Word, maxphyaddr: number): boolean {
  return (
    bitsOf(pdpte, { high: 2, low: 1 }) !== 0 ||
    bitsOf(pdpte, { high: 8, low: 5 }) !== 0 ||
    bitsOf(pdpte, { high: 63, low: maxphyaddr }) !== 0
  );
}
