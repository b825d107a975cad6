import {
  gfnToGpa,
  gpaToGfn,
  isVisibleGfn,
  type Memslot,
  PAGE_SIZE,
  readWord,
} from '../machine/index.js';
import type { MemoryState } from '../schema/index.js';
import type { Vm } from '../state/index.js';

const WORD_BYTES = 8;

/**
 * Guest-physical memory as a client sees it.
 *
 * @param range Both a multiple of 8.
 */
export function memoryStateOf(
  { memory }: Vm,
  { gpa, bytes }: { gpa: number; bytes: number },
): MemoryState {
  return {
    memslots: memory.memslots.flatMap((memslot, slot) => {
      if (memslot === null) return [];
      return [{ slot, ...memslotStateOf(memslot) }];
    }),
    gpa,
    words: Array.from({ length: bytes / WORD_BYTES }, (_, i) => {
      const at = gpa + i * WORD_BYTES;
      return isVisibleGfn(memory, gpaToGfn(at)) ? readWord(memory, at) : null;
    }),
  };
}

function memslotStateOf({ gfn, pageCount, hostFrame, readOnly, dirty }: Memslot) {
  return {
    gpa: gfnToGpa(gfn),
    bytes: pageCount * PAGE_SIZE,
    userspaceAddr: gfnToGpa(hostFrame),
    readonly: readOnly,
    dirtyLog: dirty !== null,
  };
}
