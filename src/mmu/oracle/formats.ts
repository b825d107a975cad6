import {
  EFER_LMA,
  EFER_NX,
  type PagingMode,
  pagingModeOf,
  type Registers,
  X86_CR0_PG,
  X86_CR4_LA57,
  X86_CR4_PAE,
  X86_CR4_PGE,
  X86_CR4_PSE,
} from '../machine/index.js';
import type { GuestContext } from '../state/index.js';

const MODES: readonly PagingMode[] = ['none', '32-bit', 'PAE', '4-level', '5-level'];
const MODE = 0x7;
const HAS_GLOBALS = 0x8;
const HAS_NX = 0x10;
const HAS_PSE = 0x20;

/** CR4 of each mode. */
const CR4: Record<PagingMode, number> = {
  none: 0,
  '32-bit': 0,
  PAE: X86_CR4_PAE,
  '4-level': X86_CR4_PAE,
  '5-level': X86_CR4_PAE | X86_CR4_LA57,
};

/**
 * Everything by which a processor reads entries, as one number: the paging mode, CR4.PGE, and
 * EFER.NX or CR4.PSE where the mode heeds them. 0 without paging.
 */
export function formatOf(regs: Registers): number {
  const { cr4, efer } = regs;
  const mode = pagingModeOf(regs);
  if (mode === 'none') return 0;
  const is32Bit = mode === '32-bit';
  return (
    MODES.indexOf(mode) |
    ((cr4 & X86_CR4_PGE) !== 0 ? HAS_GLOBALS : 0) |
    (!is32Bit && (efer & EFER_NX) !== 0 ? HAS_NX : 0) |
    (is32Bit && (cr4 & X86_CR4_PSE) !== 0 ? HAS_PSE : 0)
  );
}

export function isPagedIn({ format }: GuestContext): boolean {
  return format !== 0;
}

/**
 * A page whose entry says so is cached as a global one, and never under a PCID alone.
 *
 * @see Intel SDM Vol. 3A, "Global Pages"
 */
export function hasGlobals({ format }: GuestContext): boolean {
  return (format & HAS_GLOBALS) !== 0;
}

/** Whether the tables of a context have translated a linear page: one of many bits, or of 32. */
export function reaches({ format }: GuestContext, page: number): boolean {
  const mode = modeOf(format);
  return mode === '4-level' || mode === '5-level' || page < 2 ** 20;
}

/** Registers as they were in a context, as far as entries are read by them; the rest is of now. */
export function registersIn({ cr3, pdptrs, format }: GuestContext, regs: Registers): Registers {
  const mode = modeOf(format);
  const isLong = mode === '4-level' || mode === '5-level';
  const has = (bit: number, mask: number): number => ((format & bit) !== 0 ? mask : 0);
  return {
    ...regs,
    cr0: mode === 'none' ? 0 : X86_CR0_PG,
    cr3,
    cr4: CR4[mode] | has(HAS_GLOBALS, X86_CR4_PGE) | has(HAS_PSE, X86_CR4_PSE),
    efer: (isLong ? EFER_LMA : 0) | has(HAS_NX, EFER_NX),
    pdptrs,
  };
}

function modeOf(format: number): PagingMode {
  return MODES[format & MODE] as PagingMode;
}
