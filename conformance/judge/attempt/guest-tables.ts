import type { MachineSpec } from './machine-spec.js';
import { OPEN_ENTRY, PAGE_BITS } from './page-bits.js';
import { layPath } from './path.js';
import { bitMask } from './register-bits.js';
import { Unreadable } from './unreadable.js';

/** Address of the first table of a guest on its own. */
const TABLES_GPA = 0x200000n;

/** A frame that suits a page of every size, and one that no memslot holds. */
export const PAGE_GPA = 0x40000000n;
export const MMIO_GPA = 0x100000000n;

const ADDRESS_MASK = 0xffffffffff000n;

/** Levels by what cases call an entry there. */
export const ENTRY_LEVELS = { pte: 1, pde: 2, pdpte: 3, pml4e: 4 } as const;
export type EntryName = keyof typeof ENTRY_LEVELS;

/** A page of the guest's, and what is said of the entries that lead to it. */
export interface GuestPage {
  readonly gva: bigint;
  /** Guest-physical address that it leads to. */
  readonly gpa: bigint;
  /** Level of the entry that maps it: 1, or more for a large page. */
  readonly leafLevel: number;
  /** Entries by level, without address, where they are not as {@link defaultEntry} has them. */
  readonly entries: ReadonlyMap<number, bigint>;
  /** Level from which down all pages have their tables in common; 0 for none. */
  readonly sharedLevel: number;
}

/** Frames given to tables, by the addresses that each translates. */
export type TableFrames = Map<string, bigint>;

/**
 * Maps a page in the executing guest's tables. Pages whose addresses share a table share it.
 *
 * @returns Where the entry that maps the page lies.
 * @throws {Unreadable} If the guest is not in long mode, for which alone tables are built.
 */
export function mapGuestPage(spec: MachineSpec, page: GuestPage, frames: TableFrames): bigint {
  const { regs, memory } = spec;
  if ((regs.efer & bitMask('efer', 'LMA')) === 0n) throw new Unreadable('tables outside long mode');
  const { gva, gpa, leafLevel, entries } = page;
  const places = layPath(memory, {
    root: regs.cr3 & ADDRESS_MASK,
    levels: (regs.cr4 & bitMask('cr4', 'LA57')) === 0n ? 4 : 5,
    leafLevel,
    address: gva,
    page: gpa,
    tableAt: (level) => frameOf(frames, page, level),
    flagsAt: (level) => entries.get(level) ?? defaultEntry(level, leafLevel),
  });
  return places.get(leafLevel) ?? 0n;
}

/** An entry that allows everything, and maps a large page if it maps one above level 1. */
export function defaultEntry(level: number, leafLevel: number): bigint {
  return level === leafLevel && level > 1 ? OPEN_ENTRY | PAGE_BITS.PS : OPEN_ENTRY;
}

function frameOf(frames: TableFrames, { gva, sharedLevel }: GuestPage, level: number): bigint {
  const width = level <= sharedLevel ? 12 + 9 * sharedLevel : 64;
  const above = BigInt.asUintN(width, gva) >> BigInt(12 + 9 * level);
  const key = `${level}: ${above}`;
  const frame = frames.get(key) ?? TABLES_GPA + BigInt(frames.size) * 0x1000n;
  frames.set(key, frame);
  return frame;
}
