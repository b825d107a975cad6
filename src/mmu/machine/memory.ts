import { createGuestPages, type GuestPages, wordsOfPage, wordsToWrite } from './guest-pages.js';
import { gpaToGfn, offsetInPage, PAGE_SIZE } from './page.js';
import { type Word, wordFromNumber, wordToNumber, ZERO } from './word.js';

/** Guest-physical memory, sparse: a page that was never written holds zeros and takes no room. */
export interface GuestMemory {
  /** Memslots by the number that the VMM gave them; a deleted one leaves a hole. */
  readonly memslots: (Memslot | null)[];
  readonly pages: GuestPages;
}

/** A range of guest frames backed by the host. */
export interface Memslot {
  readonly gfn: number;
  readonly pageCount: number;
  /** KVM_MEM_LOG_DIRTY_PAGES: a first write to each page is to be noticed. */
  readonly dirtyLog: boolean;
}

/** Pages of one VM that may hold something else than zeros: 64 MiB. */
export const MEMORY_PAGES_MAX = 16_384;

export function createMemory(memslots: readonly (Memslot | null)[]): GuestMemory {
  return { memslots: [...memslots], pages: createGuestPages() };
}

/** The memslot that a guest frame lies in, if it lies in one. */
export function memslotOf({ memslots }: GuestMemory, gfn: number): Memslot | undefined {
  for (const slot of memslots) {
    if (slot !== null && gfn >= slot.gfn && gfn < slot.gfn + slot.pageCount) return slot;
  }
  return undefined;
}

/** @see Linux `kvm_vcpu_is_visible_gfn()`, virt/kvm/kvm_main.c */
export function isVisibleGfn(memory: GuestMemory, gfn: number): boolean {
  return memslotOf(memory, gfn) !== undefined;
}

/** @param gpa A guest-physical address below 2^52; its low three bits are ignored. */
export function readWord({ pages }: GuestMemory, gpa: number): Word {
  const page = wordsOfPage(pages, gpaToGfn(gpa));
  if (page === undefined) return ZERO;
  const at = indexOf(gpa) & ~1;
  const low = page[at] as number;
  return { page: (page[at + 1] as number) * 2 ** 20 + (low >>> 12), low: low & 0xfff };
}

/** @param gpa A guest-physical address below 2^52; its low three bits are ignored. */
export function writeWord({ pages }: GuestMemory, gpa: number, value: Word): void {
  const page = wordsToWrite(pages, gpaToGfn(gpa));
  const at = indexOf(gpa) & ~1;
  page[at] = (value.page % 2 ** 20) * PAGE_SIZE + value.low;
  page[at + 1] = Math.floor(value.page / 2 ** 20);
}

/** Four bytes as a 64-bit value. @param gpa Below 2^52; its low two bits are ignored. */
export function readHalf({ pages }: GuestMemory, gpa: number): Word {
  return wordFromNumber(wordsOfPage(pages, gpaToGfn(gpa))?.[indexOf(gpa)] ?? 0);
}

/** Stores the low 32 bits of a value. @param gpa Below 2^52; its low two bits are ignored. */
export function writeHalf({ pages }: GuestMemory, gpa: number, value: Word): void {
  wordsToWrite(pages, gpaToGfn(gpa))[indexOf(gpa)] = wordToNumber(value) % 2 ** 32;
}

/**
 * Reads up to eight bytes that do not cross a page.
 *
 * @param gpa A guest-physical address below 2^52, aligned or not.
 */
export function readBytes(memory: GuestMemory, gpa: number, bytes: number): Word {
  if (bytes === 8 && gpa % 8 === 0) return readWord(memory, gpa);
  const page = wordsOfPage(memory.pages, gpaToGfn(gpa));
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
  const page = wordsToWrite(memory.pages, gpaToGfn(gpa));
  const view = new DataView(page.buffer, page.byteOffset, PAGE_SIZE);
  let { page: high, low } = value;
  for (let i = 0; i < bytes; i += 1) {
    view.setUint8(offsetInPage(gpa) + i, low & 0xff);
    low = (low >> 8) | ((high % 256) << 4);
    high = Math.floor(high / 256);
  }
}

/** A run of words, `stride` bytes apart, whose values rise by `step`. */
export interface Fill {
  readonly gpa: number;
  readonly count: number;
  readonly stride: number;
  readonly first: number;
  readonly step: number;
}

export function fillWords(memory: GuestMemory, { gpa, count, stride, first, step }: Fill): void {
  for (let i = 0; i < count; i += 1) {
    writeWord(memory, gpa + i * stride, wordFromNumber(first + i * step));
  }
}

function indexOf(gpa: number): number {
  return offsetInPage(gpa) >> 2;
}
