import { MEMORY_PAGES_MAX } from './memory.js';
import { gpaToGfn, PAGE_SIZE } from './page.js';
import type { Word } from './word.js';

/** Guest-physical memory as a VMM asks for it: nothing was checked yet. */
export interface MemoryLayout {
  /** Ranges of memory, in bytes from `gpa`. */
  readonly memslots: readonly BackedRange[];
  readonly words: readonly { readonly gpa: number; readonly value: Word }[];
  readonly fills: readonly Run[];
}

interface ByteRange {
  readonly gpa: number;
  readonly bytes: number;
}

interface BackedRange extends ByteRange {
  /** Address of the memory behind it, which is the VMM's. */
  readonly userspaceAddr?: number | undefined;
}

/** A run of words, `stride` bytes apart, whose values rise by `step`. */
interface Run {
  readonly gpa: number;
  readonly count: number;
  readonly stride: number;
  readonly first: number;
  readonly step: number;
}

/** A flaw in a part of a layout. */
export interface LayoutFlaw {
  /** Keys and indices that lead to the part. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const WORD_BYTES = 8;
/**
 * Every reason for which a layout cannot be: memslots that collide or lie beyond what the processor
 * can address, and content that no memslot would hold.
 *
 * @param maxphyaddr Bits of a physical address: 36 to 52.
 * @see Linux `kvm_set_memory_region()`, virt/kvm/kvm_main.c
 */
export function layoutFlawsOf(layout: MemoryLayout, maxphyaddr: number): LayoutFlaw[] {
  return [
    ...memslotFlawsOf(layout.memslots, maxphyaddr),
    ...wordFlawsOf(layout),
    ...fillFlawsOf(layout),
    ...contentFlawsOf(layout),
  ];
}

/** Pages that the content of a layout may take, at most. */
export function contentPagesOf({ words, fills }: Pick<MemoryLayout, 'words' | 'fills'>): number {
  const pages = new Set(words.map(({ gpa }) => gpaToGfn(gpa))).size;
  return fills.reduce(
    (sum, { count, stride }) => sum + Math.min(count, Math.ceil((count * stride) / PAGE_SIZE) + 1),
    pages,
  );
}

function contentFlawsOf(layout: MemoryLayout): LayoutFlaw[] {
  const pages = contentPagesOf(layout);
  if (pages <= MEMORY_PAGES_MAX) return [];
  const message = `fills ${pages} pages; a VM may hold ${MEMORY_PAGES_MAX}`;
  return [{ path: ['fills'], message }];
}

function memslotFlawsOf(memslots: readonly BackedRange[], maxphyaddr: number): LayoutFlaw[] {
  return memslots.flatMap((slot, i) => {
    const flaws: LayoutFlaw[] = [];
    const path = ['memslots', i];
    if (slot.gpa % PAGE_SIZE !== 0) {
      flaws.push({ path: [...path, 'gpa'], message: 'not the address of a page' });
    }
    if (endOf(slot) > 2 ** maxphyaddr) {
      flaws.push({ path, message: `ends above an address of ${maxphyaddr} bits` });
    }
    const { userspaceAddr = 0 } = slot;
    if (userspaceAddr % PAGE_SIZE !== 0 || userspaceAddr + slot.bytes > 2 ** 52) {
      const message = 'not the address of pages below 2^52';
      flaws.push({ path: [...path, 'userspaceAddr'], message });
    }
    const other = memslots.findIndex((before, j) => j < i && overlap(before, slot));
    if (other !== -1) flaws.push({ path, message: `overlaps memslot ${other}` });
    return flaws;
  });
}

function wordFlawsOf({ memslots, words }: MemoryLayout): LayoutFlaw[] {
  return words.flatMap(({ gpa }, i) => {
    const flaws: LayoutFlaw[] = [];
    const path = ['words', i, 'gpa'];
    if (gpa % WORD_BYTES !== 0) flaws.push({ path, message: 'not a multiple of 8' });
    if (slotAt(memslots, gpa) === undefined) flaws.push({ path, message: 'in no memslot' });
    return flaws;
  });
}

function fillFlawsOf({ memslots, fills }: MemoryLayout): LayoutFlaw[] {
  return fills.flatMap((fill, i) => {
    const flaws: LayoutFlaw[] = [];
    const path = ['fills', i];
    if (fill.gpa % WORD_BYTES !== 0) {
      flaws.push({ path: [...path, 'gpa'], message: 'not a multiple of 8' });
    }
    if (!isCovered(fill, memslots)) flaws.push({ path, message: 'runs outside every memslot' });
    if (fill.first + (fill.count - 1) * fill.step >= 2 ** 52) {
      flaws.push({ path, message: 'its values run past 2^52' });
    }
    return flaws;
  });
}

/** Goes from memslot to memslot rather than from word to word: a run may have many thousands. */
function isCovered({ gpa, count, stride }: Run, memslots: readonly ByteRange[]): boolean {
  const end = gpa + count * stride;
  let next = gpa;
  while (next < end) {
    const slot = slotAt(memslots, next);
    if (slot === undefined) return false;
    next += Math.ceil((endOf(slot) - next) / stride) * stride;
  }
  return true;
}

function slotAt(memslots: readonly ByteRange[], gpa: number): ByteRange | undefined {
  return memslots.find((slot) => gpa >= slot.gpa && gpa < endOf(slot));
}

function overlap(a: ByteRange, b: ByteRange): boolean {
  return a.gpa < endOf(b) && b.gpa < endOf(a);
}

function endOf({ gpa, bytes }: ByteRange): number {
  return gpa + bytes;
}
