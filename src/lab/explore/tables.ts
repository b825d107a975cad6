import { type Vm, wordsOfPage } from '../../mmu/index.js';

/** 0 for a page of data, else how far from the leaves a table is: 1 for one of leaves. */
export type Level = 0 | 1 | 2 | 3 | 4 | 5;

/** Uses of the frames that tables name, one for each frame. */
export type Tables = ReadonlyMap<number, Level>;

const PRESENT = 0x1;
/** In an entry above the leaves: a large page. */
const PAGE_SIZE_BIT = 0x80;
const FRAMES = 2 ** 40;
const X86_CR4_LA57 = 2 ** 12;

/**
 * Uses of the frames that can be reached from some roots, one for each; null if one is used as
 * tables of two kinds, or if a table has what is neither empty nor an entry of four kilobytes.
 */
export function levelsOf(vm: Vm, roots: readonly number[]): Tables | null {
  const levels = new Map<number, Level>();
  const visit = (frame: number, level: Level): boolean => {
    const known = levels.get(frame);
    // A table may be mapped as data too: what is stored there is an entry.
    if (known !== undefined && (level === 0 || known > 0)) return level === 0 || known === level;
    levels.set(frame, level);
    if (level === 0) return true;
    const entries = entriesOf(vm, frame);
    return entries.every(
      ({ low, frame: to }) =>
        (low & PRESENT) !== 0 &&
        (level === 1 || (low & PAGE_SIZE_BIT) === 0) &&
        visit(to, (level - 1) as Level),
    );
  };
  return roots.every((root) => visit(root, topOf(vm))) ? levels : null;
}

/**
 * Frames of two trees of tables that take each other's place, in both directions; null if the trees
 * differ in more than that.
 */
export function sameTables(
  vm: Vm,
  tables: Tables,
  one: number,
  other: number,
): ReadonlyMap<number, number> | null {
  const pairs = new Map<number, number>();
  const pair = (a: number, b: number): boolean => {
    const [known, back] = [pairs.get(a), pairs.get(b)];
    if (known !== undefined || back !== undefined) return known === b && back === a;
    if (tables.get(a) !== tables.get(b)) return false;
    pairs.set(a, b).set(b, a);
    if (tables.get(a) === 0) return true;
    const [left, right] = [entriesOf(vm, a), entriesOf(vm, b)];
    return (
      left.length === right.length &&
      left.every((entry, i) => {
        const beside = right[i];
        return beside !== undefined && isAlike(entry, beside) && pair(entry.frame, beside.frame);
      })
    );
  };
  if (!pair(one, other)) return null;
  return new Map([...pairs].filter(([a, b]) => a !== b));
}

interface Entry {
  readonly index: number;
  readonly low: number;
  /** Bits above the frame. */
  readonly high: number;
  readonly frame: number;
}

function isAlike(a: Entry, b: Entry): boolean {
  return a.index === b.index && a.low === b.low && a.high === b.high;
}

/** The entries of a table that are not zero. */
function entriesOf({ memory }: Vm, frame: number): Entry[] {
  const words = wordsOfPage(memory.pages, frame) ?? new Uint32Array(0);
  const entries: Entry[] = [];
  for (let at = 0; at < words.length; at += 2) {
    const [low, high] = [words[at] as number, words[at + 1] as number];
    if (low === 0 && high === 0) continue;
    const page = high * 2 ** 20 + (low >>> 12);
    const to = page % FRAMES;
    entries.push({ index: at / 2, low: low & 0xfff, high: page - to, frame: to });
  }
  return entries;
}

function topOf({ vcpus }: Vm): Level {
  return vcpus.some(({ regs }) => (regs.cr4 & X86_CR4_LA57) !== 0) ? 5 : 4;
}
