import { EFER_NX, X86_CR4_PSE } from './control-registers.js';
import { type GuestMemory, readWord } from './memory.js';
import { isPaging, pagingModeOf, type Registers } from './registers.js';
import { bitsOf, hasBit, type Word, wordToNumber } from './word.js';

/** What of paging's entries this walk needs; bits as in the manual's tables. */
const PT_PRESENT = 0;
const PT_USER = 2;
const PT_PAGE_SIZE = 7;
const PT64_NX = 63;

/** Bits of a #PF's error code. @see Intel SDM Vol. 3A, "Page-Fault Exceptions" */
const PFERR_PRESENT_MASK = 0x1;
const PFERR_USER_MASK = 0x4;
const PFERR_RSVD_MASK = 0x8;

/** Where a linear address leads, or the error code of the page fault that it ends in. */
export type ReadTranslation =
  | { readonly kind: 'mapped'; readonly gpa: number }
  | { readonly kind: 'page-fault'; readonly errorCode: number };

/** One level of a paging structure: where its index lies in the address, and its entry's size. */
interface Level {
  readonly shift: number;
  readonly indexBits: number;
  readonly entryBytes: 4 | 8;
  /** Whether an entry with the page-size bit set maps a page here. */
  readonly hasLargePage: boolean;
}

const PML5: Level = { shift: 48, indexBits: 9, entryBytes: 8, hasLargePage: false };
const PML4: Level = { shift: 39, indexBits: 9, entryBytes: 8, hasLargePage: false };
const PDPT: Level = { shift: 30, indexBits: 9, entryBytes: 8, hasLargePage: true };
const PD: Level = { shift: 21, indexBits: 9, entryBytes: 8, hasLargePage: true };
const PT: Level = { shift: 12, indexBits: 9, entryBytes: 8, hasLargePage: false };
const PD_32: Level = { shift: 22, indexBits: 10, entryBytes: 4, hasLargePage: true };
const PT_32: Level = { shift: 12, indexBits: 10, entryBytes: 4, hasLargePage: false };

const LEVELS = {
  '5-level': [PML5, PML4, PDPT, PD, PT],
  '4-level': [PML4, PDPT, PD, PT],
  PAE: [PD, PT],
  '32-bit': [PD_32, PT_32],
} as const;

/**
 * Walks the guest's own page tables for a data read, as the descriptors of INVEPT, INVVPID and
 * INVPCID are read. No accessed bit is set.
 *
 * @param maxphyaddr Bits of a physical address: 36 to 52.
 * @see Intel SDM Vol. 3A, "Paging"
 */
export function translateRead(
  memory: GuestMemory,
  regs: Registers,
  address: Word,
  maxphyaddr: number,
): ReadTranslation {
  const mode = pagingModeOf(regs);
  if (!isPaging(regs) || mode === 'none') return { kind: 'mapped', gpa: wordToNumber(address) };

  const user = regs.cpl === 3;
  const fault = (bits: number): ReadTranslation => ({
    kind: 'page-fault',
    errorCode: bits | (user ? PFERR_USER_MASK : 0),
  });

  let table = rootOf(regs, mode, address);
  if (table === null) return fault(0);
  let allowsUser = true;

  for (const level of LEVELS[mode]) {
    const entry = readEntry(memory, table + indexOf(address, level) * level.entryBytes, level);
    if (!hasBit(entry, PT_PRESENT)) return fault(0);

    const isLeaf =
      level.shift === 12 || (hasBit(entry, PT_PAGE_SIZE) && isLargeAllowed(regs, level));
    if (hasReservedBit(entry, { level, isLeaf, regs, maxphyaddr })) {
      return fault(PFERR_PRESENT_MASK | PFERR_RSVD_MASK);
    }
    allowsUser &&= hasBit(entry, PT_USER);
    if (isLeaf) {
      if (user && !allowsUser) return fault(PFERR_PRESENT_MASK);
      const size = 2 ** level.shift;
      const frame = Math.floor(wordToNumber(withoutFlags(entry)) / size) * size;
      return { kind: 'mapped', gpa: frame + bitsOf(address, { high: level.shift - 1, low: 0 }) };
    }
    table = wordToNumber(withoutFlags(entry));
  }
  return fault(0);
}

/** The table at which the walk starts; null where PAE's PDPTE is not present. */
function rootOf(regs: Registers, mode: keyof typeof LEVELS, address: Word): number | null {
  if (mode !== 'PAE') return wordToNumber(withoutFlags(regs.cr3));
  const pdpte = regs.pdptrs[bitsOf(address, { high: 31, low: 30 })];
  return pdpte !== undefined && hasBit(pdpte, PT_PRESENT)
    ? wordToNumber(withoutFlags(pdpte))
    : null;
}

/** Physical address bits 51:12 of an entry. */
function withoutFlags(entry: Word): Word {
  return { page: bitsOf(entry, { high: 51, low: 12 }), low: 0 };
}

function indexOf(address: Word, { shift, indexBits }: Level): number {
  return bitsOf(address, { high: shift + indexBits - 1, low: shift });
}

function readEntry(memory: GuestMemory, gpa: number, { entryBytes }: Level): Word {
  const word = readWord(memory, gpa);
  if (entryBytes === 8) return word;
  const value = bitsOf(word, gpa % 8 === 4 ? { high: 63, low: 32 } : { high: 31, low: 0 });
  return { page: Math.floor(value / 4096), low: value % 4096 };
}

function isLargeAllowed({ cr4 }: Registers, level: Level): boolean {
  return level.hasLargePage && (level.entryBytes === 8 || (cr4 & X86_CR4_PSE) !== 0);
}

function hasReservedBit(
  entry: Word,
  at: { level: Level; isLeaf: boolean; regs: Registers; maxphyaddr: number },
): boolean {
  if (at.level.entryBytes === 4) return false;
  if (hasBit(entry, PT64_NX) && (at.regs.efer & EFER_NX) === 0) return true;
  if (at.maxphyaddr < 52 && bitsOf(entry, { high: 51, low: at.maxphyaddr }) !== 0) return true;
  if (at.isLeaf)
    return at.level.shift > 13 && bitsOf(entry, { high: at.level.shift - 1, low: 13 }) !== 0;
  return hasBit(entry, PT_PAGE_SIZE) && !at.level.hasLargePage;
}
