import { EFER_NX } from './control-registers.js';
import { walkLevelsOf } from './eptp.js';
import { gpaToGfn, offsetInPage, PAGE_SIZE } from './page.js';
import { pagingModeOf, type Registers } from './registers.js';
import type { Word } from './word.js';

/** Pages to be mapped in one address space: all of one size, one after another. */
export interface TableRange {
  /** CR3, or an EPTP. */
  readonly root: Word;
  readonly format: 'paging' | 'ept';
  readonly address: Word;
  readonly gpa: number;
  readonly pages: number;
  readonly pageSize: '4k' | '2m' | '1g';
  readonly write: boolean;
  readonly execute: boolean;
  readonly user: boolean;
  readonly global: boolean;
  readonly accessedDirty: boolean;
  /** Address of the first new table; further ones take the pages behind it. */
  readonly tables: number;
}

/** Levels, and how their entries look. */
export interface Shape {
  readonly levels: number;
  readonly indexBits: 9 | 10;
  readonly entryBytes: 4 | 8;
  /** PAE: the entries of its top level carry no rights. */
  readonly isPae: boolean;
  readonly isEpt: boolean;
}

/** Level of the entry that maps a page of each size. */
export const LEAF_LEVELS = { '4k': 1, '2m': 2, '1g': 3 } as const;

/** Shape of the tables of a range; null where the vCPU has paging off. */
export function shapeOf(regs: Registers, { root, format }: TableRange): Shape | null {
  if (format === 'ept') {
    const levels = walkLevelsOf(root);
    return { levels, indexBits: 9, entryBytes: 8, isPae: false, isEpt: true };
  }
  const rest = { isEpt: false, isPae: false };
  switch (pagingModeOf(regs)) {
    case 'none':
      return null;
    case '32-bit':
      return { levels: 2, indexBits: 10, entryBytes: 4, ...rest };
    case 'PAE':
      return { levels: 3, indexBits: 9, entryBytes: 8, isEpt: false, isPae: true };
    case '4-level':
      return { levels: 4, indexBits: 9, entryBytes: 8, ...rest };
    case '5-level':
      return { levels: 5, indexBits: 9, entryBytes: 8, ...rest };
  }
}

/** Why no tables of this shape can map a range; null if some can. */
export function flawOf(shape: Shape, range: TableRange): string | null {
  const { address, gpa, pages, pageSize, tables, root, format, execute } = range;
  const span = 512 ** (LEAF_LEVELS[pageSize] - 1);
  const is32Bit = shape.entryBytes === 4;
  if (format === 'ept' && shape.levels !== 4 && shape.levels !== 5) {
    return `the EPT pointer asks for ${shape.levels} levels`;
  }
  if (is32Bit && pageSize !== '4k') return 'under 32-bit paging pages are of 4k';
  if (is32Bit && !execute) return 'under 32-bit paging every page is executable';
  if (shape.isPae && pageSize === '1g') return 'under PAE paging there are no pages of 1g';
  if (address.low !== 0 || address.page % span !== 0)
    return `address is not that of a ${pageSize} page`;
  if (gpa % (span * PAGE_SIZE) !== 0) return `gpa is not that of a ${pageSize} page`;
  if (!isTranslated(shape, range, pages * span)) return 'the tables do not translate every address';
  if (gpaToGfn(gpa) + pages * span > 2 ** (is32Bit ? 20 : 40))
    return 'gpa runs past what entries hold';
  if (offsetInPage(tables) !== 0) return 'tables is not the address of a page';
  return root.page % 2 ** 40 === root.page ? null : 'root is not an address';
}

/** Linear addresses are of 32, 48 or 57 bits and canonical; those of an EPT have no sign. */
function isTranslated(
  { levels, isEpt, isPae, entryBytes }: Shape,
  { address }: TableRange,
  span: number,
): boolean {
  const pageBits = isPae || entryBytes === 4 ? 20 : Math.min(9 * levels, isEpt ? 40 : 45);
  const end = address.page + span;
  if (isEpt || pageBits === 20) return end <= 2 ** pageBits;
  const half = 2 ** (pageBits - 1);
  return end <= half || (address.page >= 2 ** 52 - half && end <= 2 ** 52);
}

/** Whether a range asks for what the processor does not offer: execute-disable without NX. */
export function needsNx(regs: Registers, { format, execute }: TableRange): boolean {
  return format === 'paging' && !execute && (regs.efer & EFER_NX) === 0;
}
