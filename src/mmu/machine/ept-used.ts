import type { AccessKind } from './access.js';
import { type GuestMemory, writeWord } from './memory.js';
import { isReadOnlyGfn, markPageDirty } from './memslots.js';
import { gpaToGfn } from './page.js';
import type { Word } from './word.js';

/** Bits of an EPT entry that tell of its use. @see Intel SDM Vol. 3C, "Accessed and Dirty Flags for EPT" */
export const VMX_EPT_ACCESSED = 0x100;
export const VMX_EPT_DIRTY = 0x200;

/**
 * Sets A in every entry that was used, and D in the leaf of a write, which is logged first. Entries
 * in a read-only memslot stay as they are.
 *
 * @returns False if the log has no room: the leaf is as it was.
 * @see Linux `FNAME(update_accessed_dirty_bits)`, arch/x86/kvm/mmu/paging_tmpl.h
 */
export function markEptUsed(
  memory: GuestMemory,
  steps: readonly { readonly gpa: number; readonly entry: Word }[],
  kind: AccessKind,
  log: () => boolean,
): boolean {
  for (const [i, { gpa, entry }] of steps.entries()) {
    const isDirtied = kind === 'write' && i === steps.length - 1;
    const low = entry.low | VMX_EPT_ACCESSED | (isDirtied ? VMX_EPT_DIRTY : 0);
    if (low === entry.low) continue;
    if (isDirtied && (entry.low & VMX_EPT_DIRTY) === 0 && !log()) return false;
    if (isReadOnlyGfn(memory, gpaToGfn(gpa))) continue;
    writeWord(memory, gpa, { page: entry.page, low });
    markPageDirty(memory, gpaToGfn(gpa));
  }
  return true;
}
