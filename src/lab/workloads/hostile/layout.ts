import { gfnToGpa, hex } from '../../../mmu/index.js';
import type { VmConfigInput } from '../../../mmu/schema/index.js';
import { entryOf, PAGE_KERNEL_LARGE } from '../guest/entry.js';
import { PhysicalMemory, type Store } from '../guest/physical-memory.js';

/** Roots of two address spaces, with the tables of each in the frames behind it. */
export const ROOTS = [0x100, 0x110] as const;

/** A root that nothing stores to, from which the others are repaired. */
export const SAFE = 0x140;

/** Frames of data. */
export const DATA = 0x120;
const DATA_FRAMES = 8;

/** Root of an EPT; its other tables lie behind it. */
export const EPT = 0x130;

/** Pages of data, and the same frames again. */
export const LOW = 0x400;
export const ALIAS = 0x600;

/** The tables of both spaces and the EPT begin at this page, in each space. */
const WINDOW = 0x800;
const WINDOW_FRAMES = 64;

/** A page of 2 MiB. */
export const LARGE = 0x1000;

/** The index at which each root leads to itself, and the page at which it then sees itself. */
export const RECURSIVE = 510;
export const ROOT_SEEN = 0xffff000000000 + RECURSIVE * (512 ** 3 + 512 ** 2 + 512 + 1);

/** A page table's entry with all rights, and those of an EPT. */
const TABLE = 0x67;
export const EPT_LEAF = 0x337;
export const EPT_TABLE = 0x107;

/** The words of memory that are not zero at the beginning. */
export function memoryConfig(): NonNullable<VmConfigInput['memory']> {
  const memory = new PhysicalMemory({ first: 0, end: 0 });
  for (const store of [...[...ROOTS, SAFE].flatMap(spaceOf), ...eptTables()]) memory.store(store);
  for (let frame = DATA; frame < DATA + DATA_FRAMES; frame += 1) {
    memory.store({ frame, index: 0, value: { page: frame, low: 0xda7 } });
  }
  const gpa = hex(gfnToGpa(EPT + 3));
  const identity = { gpa, count: 512, stride: 8, first: hex(EPT_LEAF), step: '0x1000' };
  return { ...memory.config(), fills: [identity] };
}

/** The tables of an address space, in the frames behind its root; the root leads to itself. */
export function spaceOf(root: number): Store[] {
  const table = (frame: number, index: number, to: number) => {
    return { frame, index, value: entryOf(to, TABLE) };
  };
  const pages = (frame: number, first: number, count: number) =>
    Array.from({ length: count }, (_, i) => table(frame, i, first + i));
  return [
    table(root, 0, root + 1),
    ...(root === SAFE ? [] : [table(root, RECURSIVE, root)]),
    table(root + 1, 0, root + 2),
    ...[LOW, ALIAS, WINDOW].map((page, i) => table(root + 2, page / 512, root + 3 + i)),
    { frame: root + 2, index: LARGE / 512, value: entryOf(0x200, PAGE_KERNEL_LARGE + 4) },
    ...pages(root + 3, DATA, DATA_FRAMES),
    ...pages(root + 4, DATA, DATA_FRAMES),
    ...pages(root + 5, ROOTS[0], WINDOW_FRAMES),
  ];
}

/** The upper tables of the EPT, whose last one maps the first 512 frames to themselves. */
export function eptTables(): Store[] {
  return [0, 1, 2].map((i) => {
    return { frame: EPT + i, index: 0, value: entryOf(EPT + i + 1, EPT_TABLE) };
  });
}

/** Page at which a frame of the tables is seen. */
export function seen(frame: number): number {
  return WINDOW + frame - ROOTS[0];
}
