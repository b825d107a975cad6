import { createGuestPages, type GuestPages, wordsOfPage, wordsToWrite } from './guest-pages.js';
import { arePlain, hostFrameOf, isVisibleGfn, type Memslot, type Memslots } from './memslots.js';
import { gpaToGfn, offsetInPage, PAGE_SIZE } from './page.js';
import { type Word, wordFromNumber, wordToNumber, ZERO } from './word.js';

/** Guest-physical memory, sparse: a page that was never written holds zeros and takes no room. */
export interface GuestMemory extends Memslots {
  /** Pages of the VMM's memory, by their frames there. */
  readonly pages: GuestPages;
}

/** Pages of one VM that may hold something else than zeros: 64 MiB. */
export const MEMORY_PAGES_MAX = 16_384;

export function createMemory(
  memslots: readonly (Memslot | null)[],
  pages: GuestPages = createGuestPages(),
): GuestMemory {
  return { memslots: [...memslots], isPlain: arePlain(memslots), pages };
}

/** @param gpa A guest-physical address below 2^52; its low three bits are ignored. */
export function readWord(memory: GuestMemory, gpa: number): Word {
  const page = wordsAt(memory, gpaToGfn(gpa));
  if (page === undefined) return ZERO;
  const at = indexOf(gpa) & ~1;
  const low = page[at] as number;
  return { page: (page[at + 1] as number) * 2 ** 20 + (low >>> 12), low: low & 0xfff };
}

/**
 * A word as KVM reads it for the guest; null where no memslot is, whatever was there before.
 *
 * @see Linux `kvm_read_guest()`, virt/kvm/kvm_main.c
 */
export function readGuest(memory: GuestMemory, gpa: number): Word | null {
  return isVisibleGfn(memory, gpaToGfn(gpa)) ? readWord(memory, gpa) : null;
}

/** Whether memory holds a value; as {@link readWord}, but nothing is made for the answer. */
export function holdsWord(memory: GuestMemory, gpa: number, page: number, low: number): boolean {
  const words = wordsAt(memory, gpaToGfn(gpa));
  if (words === undefined) return page === 0 && low === 0;
  const at = indexOf(gpa) & ~1;
  return (
    words[at] === (page % 2 ** 20) * PAGE_SIZE + low && words[at + 1] === Math.floor(page / 2 ** 20)
  );
}

/** @param gpa A guest-physical address below 2^52; its low three bits are ignored. */
export function writeWord(memory: GuestMemory, gpa: number, value: Word): void {
  const page = wordsToChange(memory, gpaToGfn(gpa));
  const at = indexOf(gpa) & ~1;
  page[at] = (value.page % 2 ** 20) * PAGE_SIZE + value.low;
  page[at + 1] = Math.floor(value.page / 2 ** 20);
}

/** Four bytes as a 64-bit value. @param gpa Below 2^52; its low two bits are ignored. */
export function readHalf(memory: GuestMemory, gpa: number): Word {
  return wordFromNumber(wordsAt(memory, gpaToGfn(gpa))?.[indexOf(gpa)] ?? 0);
}

/** Stores the low 32 bits of a value. @param gpa Below 2^52; its low two bits are ignored. */
export function writeHalf(memory: GuestMemory, gpa: number, value: Word): void {
  wordsToChange(memory, gpaToGfn(gpa))[indexOf(gpa)] = wordToNumber(value) % 2 ** 32;
}

/**
 * Reads up to eight bytes that do not cross a page.
 *
 * @param gpa A guest-physical address below 2^52, aligned or not.
 */
export function readBytes(memory: GuestMemory, gpa: number, bytes: number): Word {
  if (bytes === 8 && gpa % 8 === 0) return readWord(memory, gpa);
  const page = wordsAt(memory, gpaToGfn(gpa));
  if (page === undefined) return ZERO;
  const view = new DataView(page.buffer, page.byteOffset, PAGE_SIZE);
  let value = ZERO;
  for (let i = bytes - 1; i >= 0; i -= 1) {
    const byte = view.getUint8(offsetInPage(gpa) + i);
    value = {
      page: value.page * 256 + (value.low >> 4),
      low: ((value.low << 8) & 0xfff) | byte,
    };
  }
  return value;
}

/** Stores the low bytes of a value; they must not cross a page. */
export function writeBytes(memory: GuestMemory, gpa: number, bytes: number, value: Word): void {
  if (bytes === 8 && gpa % 8 === 0) {
    writeWord(memory, gpa, value);
    return;
  }
  const page = wordsToChange(memory, gpaToGfn(gpa));
  const view = new DataView(page.buffer, page.byteOffset, PAGE_SIZE);
  let { page: high, low } = value;
  for (let i = 0; i < bytes; i += 1) {
    view.setUint8(offsetInPage(gpa) + i, low & 0xff);
    low = (low >> 8) | ((high % 256) << 4);
    high = Math.floor(high / 256);
  }
}

/** The words of a guest frame, for reading only; undefined if it holds zeros. */
export function wordsAt(memory: GuestMemory, gfn: number): Uint32Array | undefined {
  return wordsOfPage(memory.pages, hostFrameOf(memory, gfn));
}

/** The words of a guest frame, for writing. */
export function wordsToChange(memory: GuestMemory, gfn: number): Uint32Array {
  return wordsToWrite(memory.pages, hostFrameOf(memory, gfn));
}

/** A run of words, `stride` bytes apart, whose values rise by `step`. */
export interface Fill {
  readonly gpa: number;
  readonly count: number;
  readonly stride: number;
  readonly first: number;
  readonly step: number;
}

/** Words that are filled at a time: as many pages at most, which is a megabyte. */
const WORDS_AT_ONCE = 256;

/** Fills memory, and yields now and then, so that a caller may do something else there. */
export function* fillWords(
  memory: GuestMemory,
  { gpa, count, stride, first, step }: Fill,
): Generator<void, void> {
  for (let i = 0; i < count; i += 1) {
    if (i % WORDS_AT_ONCE === 0) yield;
    writeWord(memory, gpa + i * stride, wordFromNumber(first + i * step));
  }
}

function indexOf(gpa: number): number {
  return offsetInPage(gpa) >> 2;
}
