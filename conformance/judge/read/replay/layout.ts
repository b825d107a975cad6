/** The two address spaces of a replay, by the names that cases give to the first and the second. */
export type Space = 'a' | 'b';

/** Root tables of the spaces; each has its other tables in the frames behind it. */
export const TABLES = 0x100000;
export const ROOTS: Readonly<Record<Space, number>> = { a: TABLES, b: 0x110000 };

/** Four pages of data, X and its neighbours, and the frames to which each space maps them. */
export const X = 0x400000;
export const DATA_PAGES = 4;
export const FRAMES: Readonly<Record<Space, number>> = { a: 0x10, b: 0x14 };

/** Frames that nothing maps at first. Every frame of data begins with its own number. */
export const SPARE = 0x1a;
export const OTHER = 0x1b;
export const DATA = {
  gpa: '0x10000',
  count: 16,
  stride: 4096,
  first: '0x10',
  step: '0x1',
} as const;

/** An address under an entry of the page directory that nothing else uses. */
export const LARGE = 0x600000;

/** Address at which every guest sees the tables of both spaces, and the pages of this window. */
export const PTE_WINDOW = 0x800000;
export const WINDOW_PAGES = 32;

/** Entries of 4-level tables by which a space translates X, and the one above {@link LARGE}. */
export const pdptOf = (space: Space): number => ROOTS[space] + 0x1000;
export const pdOf = (space: Space): number => ROOTS[space] + 0x2000;
export const pteOf = (space: Space): number => ROOTS[space] + 0x3000;
export const LARGE_PDE = pdOf('a') + (LARGE / 2 ** 21) * 8;

/** Present, writable, the user's, accessed and dirty; the same read-only; a page of 2 MiB. */
export const OPEN = 0x67;
export const READ_ONLY = 0x65;
export const LARGE_PAGE = 0xe7;

/** EPTs of L1: both map what lies below 2 MiB to itself, but one has another frame for X. */
export const EPT = 0x11a000;
export const EPT_TABLES = 0x11b000;
export const EPTP = EPT + 0x1e;
export const EPTP_AD = EPT + 0x5e;
export const OTHER_EPTP = 0x13001e;
export const OTHER_EPT_TABLES = 0x131000;
export const OTHER_LEAF_TABLES = 0x13f000;

/** The entry of the first EPT for the frame of X, and flags: all rights, read-only, unused. */
export const EPT_LEAF = 0x11d000 + FRAMES.a * 8;
export const EPT_ALL = 0x337;
export const EPT_READ_ONLY = 0x131;
export const EPT_UNUSED = 0x37;

/** An entry that leads to a frame. */
export const entry = (frame: number, flags: number): number => frame * 4096 + flags;
