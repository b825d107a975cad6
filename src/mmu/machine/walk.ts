import {
  ACC_ALL,
  ACC_WRITE,
  errorCodeOf,
  isForbidden,
  isForbiddenByKey,
  type LinearAccess,
  PFERR_PK_MASK,
  PFERR_PRESENT_MASK,
  PFERR_RSVD_MASK,
} from './access.js';
import { type GuestMemory, readHalf, readWord, writeHalf, writeWord } from './memory.js';
import { isReadOnlyGfn, isVisibleGfn, markPageDirty } from './memslots.js';
import { gfnToGpa, gpaToGfn } from './page.js';
import {
  accOf,
  FORMATS,
  type Format,
  frameOf,
  hasReservedBit,
  indexOf,
  isLargePage,
  PT_ACCESSED,
  PT_DIRTY,
  PT_GLOBAL,
  PT_PRESENT,
  pageFrameOf,
} from './paging-entry.js';
import { keyRightsOf } from './protection-keys.js';
import { pagingModeOf, type Registers } from './registers.js';
import { addressFrameOf, bitsOf, type Word } from './word.js';

/** The memory in which a walk finds the entries of the guest's tables. */
export interface TableMemory {
  /** The entry at a guest-physical address; null if it cannot be read. */
  readEntry(gpa: number, bytes: 4 | 8): Word | null;
  /** Stores an entry whose A or D was set; false if it cannot be written. */
  writeEntry(gpa: number, bytes: 4 | 8, entry: Word): boolean;
}

/** An entry that a walk went through, from the top. */
export interface WalkStep {
  /** Level of the table that holds the entry: 1 to 5. */
  readonly level: number;
  /** Guest-physical address of the entry. */
  readonly gpa: number;
  /** The entry as it was read, before A or D was set. */
  readonly entry: Word;
  /** `ACC_*` bits down to this entry, itself included. */
  readonly acc: number;
}

/** The translation of a linear address. */
export interface Mapped {
  readonly kind: 'mapped';
  readonly steps: readonly WalkStep[];
  /** Level of the entry that maps the page: 1, or more for a large page. */
  readonly level: number;
  /** Frame of the 4 KiB page that holds the address. */
  readonly gfn: number;
  /** Rights that may be cached: no writing until the leaf is dirty. */
  readonly acc: number;
  /** The leaf's protection key as rights hold it: see `keyRightsOf()`. */
  readonly key: number;
  /** Whether the leaf is global; it counts only while CR4.PGE is set. */
  readonly global: boolean;
}

/** The rules of one walk. */
export interface WalkRules {
  readonly access: LinearAccess;
  /** Bits of a physical address: 36 to 52. */
  readonly maxphyaddr: number;
  /**
   * Whether an AMD processor walks nested page tables, or on them: bit 8 is reserved in entries of
   * level 4 and above, and the PDPTEs of PAE paging are read in memory by each walk.
   */
  readonly isAmd?: boolean;
}

export type Walk =
  | Mapped
  | { readonly kind: 'page-fault'; readonly errorCode: number }
  /** An entry could not be reached: what stood in the way has taken over. */
  | { readonly kind: 'stopped' };

/**
 * Walks the guest's page tables for one access, judges it, and sets A and D as the processor does:
 * A in every entry used and D in the leaf of a write, once the access is known to be allowed.
 *
 * Reserved bits are judged level by level, rights only after a complete walk.
 *
 * @see Intel SDM Vol. 3A, "Paging"
 * @see Linux `FNAME(walk_addr_generic)`, arch/x86/kvm/mmu/paging_tmpl.h
 */
export function walk(
  tables: TableMemory,
  regs: Registers,
  address: Word,
  { access, maxphyaddr, isAmd = false }: WalkRules,
): Walk {
  const mode = pagingModeOf(regs);
  if (mode === 'none') return unpaged(address);
  const format = FORMATS[mode];
  const fault = (bits: number): Walk => ({
    kind: 'page-fault',
    errorCode: bits | errorCodeOf(access, regs),
  });

  let table =
    isAmd && mode === 'PAE'
      ? directoryIn(tables, regs.cr3, address)
      : rootTableOf(regs, mode, address);
  if (table === 'stopped') return { kind: 'stopped' };
  if (table === null) return fault(0);
  const steps: WalkStep[] = [];
  let acc = ACC_ALL;
  for (let level: number = format.levels; level > 0; level -= 1) {
    const gpa = gfnToGpa(table) + indexOf(address, level, format) * format.entryBytes;
    const entry = tables.readEntry(gpa, format.entryBytes);
    if (entry === null) return { kind: 'stopped' };
    if ((entry.low & PT_PRESENT) === 0) return fault(0);
    const isLeaf = level === 1 || isLargePage(entry, level, regs, format);
    if (hasReservedBit(entry, { level, isLeaf, regs, format, maxphyaddr, isAmd })) {
      return fault(PFERR_PRESENT_MASK | PFERR_RSVD_MASK);
    }
    acc &= accOf(entry, format);
    steps.push({ level, gpa, entry, acc });
    if (!isLeaf) {
      table = frameOf(entry, format);
      continue;
    }
    const key = keyRightsOf(entry, format);
    if (isForbidden(acc | key, access, regs)) {
      return fault(PFERR_PRESENT_MASK | keyFaultOf(acc | key, access, regs));
    }
    if (!markUsed(tables, steps, access, format)) return { kind: 'stopped' };
    const isDirty = access.kind === 'write' || (entry.low & PT_DIRTY) !== 0;
    return {
      kind: 'mapped',
      steps,
      level,
      gfn: pageFrameOf(entry, level, address, format),
      acc: isDirty ? acc : acc & ~ACC_WRITE,
      key,
      global: (entry.low & PT_GLOBAL) !== 0,
    };
  }
  throw new Error('a walk ends at level 1');
}

/**
 * L1's tables: they lie in its memory, and one outside every memslot reads as not present. In a
 * read-only memslot A and D stay as they are, and the walk goes on.
 *
 * @see Linux `FNAME(update_accessed_dirty_bits)`: `pte_writable`, `kvm_vcpu_mark_page_dirty()`
 */
export function tablesIn(memory: GuestMemory): TableMemory {
  return {
    readEntry: (gpa, bytes) => {
      if (!isVisibleGfn(memory, gpaToGfn(gpa))) return NOT_PRESENT;
      return bytes === 8 ? readWord(memory, gpa) : readHalf(memory, gpa);
    },
    writeEntry: (gpa, bytes, entry) => {
      const gfn = gpaToGfn(gpa);
      if (isReadOnlyGfn(memory, gfn)) return true;
      if (bytes === 8) writeWord(memory, gpa, entry);
      else writeHalf(memory, gpa, entry);
      markPageDirty(memory, gfn);
      return true;
    },
  };
}

const NOT_PRESENT: Word = { page: 0, low: 0 };

/** Without paging a linear address is a physical one, of 32 bits. */
function unpaged(address: Word): Mapped {
  const gfn = addressFrameOf(address);
  return { kind: 'mapped', steps: [], level: 1, gfn, acc: ACC_ALL, key: 0, global: false };
}

/** Frame of the table at which the walk starts; null where PAE's PDPTE is not present. */
export function rootTableOf(
  regs: Registers,
  mode: keyof typeof FORMATS,
  address: Word,
): number | null {
  if (mode !== 'PAE') return addressFrameOf(regs.cr3);
  const pdpte = regs.pdptrs[bitsOf(address, { high: 31, low: 30 })] as Word;
  return (pdpte.low & PT_PRESENT) !== 0 ? addressFrameOf(pdpte) : null;
}

/** Frame of the page directory, by the PDPTE in memory; null where that is not present. */
function directoryIn(tables: TableMemory, cr3: Word, address: Word): number | null | 'stopped' {
  const index = bitsOf(address, { high: 31, low: 30 });
  const pdpte = tables.readEntry(gfnToGpa(cr3.page) + cr3.low - (cr3.low % 32) + index * 8, 8);
  if (pdpte === null) return 'stopped';
  return (pdpte.low & PT_PRESENT) !== 0 ? addressFrameOf(pdpte) : null;
}

/** The bit that tells of a protection key, whatever else forbids the access. */
function keyFaultOf(acc: number, access: LinearAccess, regs: Registers): number {
  return isForbiddenByKey(acc, access, regs) ? PFERR_PK_MASK : 0;
}

/** @see Linux `FNAME(update_accessed_dirty_bits)`, arch/x86/kvm/mmu/paging_tmpl.h */
function markUsed(
  tables: TableMemory,
  steps: readonly WalkStep[],
  { kind }: LinearAccess,
  { entryBytes }: Format,
): boolean {
  for (let i = 0; i < steps.length; i += 1) {
    const { gpa, entry } = steps[i] as WalkStep;
    const isDirtied = kind === 'write' && i === steps.length - 1;
    const low = entry.low | PT_ACCESSED | (isDirtied ? PT_DIRTY : 0);
    if (low === entry.low) continue;
    if (!tables.writeEntry(gpa, entryBytes, { page: entry.page, low })) return false;
  }
  return true;
}
