import { OPEN_ENTRY, PAGE_BITS } from '../../attempt/page-bits.js';
import { layPath } from '../../attempt/path.js';

/** PCIDs of the address spaces that each guest has, one of them the current one of a case. */
export type Pcid = 0 | 1;
export type GuestName = 'l1' | 'l2';
/** The EPT that L2 runs on, of L1's two; 0 for none. */
export type EptName = 0 | 1 | 2;
/** The page that contains a case's address A, or one whose entries lie in other tables. */
export type PageName = 'same' | 'other';

/** A page under test, wherever it is mapped. */
export interface TestPage {
  readonly gva: bigint;
  /** A linear page in the same table, which nothing maps. */
  readonly alias: bigint;
  /** Frames that it leads to at first and in the end, and one that nothing in memory leads to. */
  readonly frames: { readonly old: bigint; readonly fresh: bigint; readonly third: bigint };
  /** Frame in address spaces of which a case says nothing. */
  readonly elsewhere: bigint;
}

/** Places of the entries by which a page is translated, in L1's memory. */
export interface Places {
  /** The entry that maps the page, the one above it, and the one that would map the alias. */
  readonly leaf: bigint;
  readonly upper: bigint;
  readonly alias: bigint;
  /** A table that could stand in place of the leaf's own: it leads to the fresh frame. */
  readonly otherTable: bigint;
}

export interface Layout {
  readonly memory: Map<bigint, bigint>;
  rootOf(guest: GuestName, pcid: Pcid): bigint;
  guestPlaces(guest: GuestName, pcid: Pcid, page: PageName): Places;
  eptPlaces(ept: 1 | 2, page: PageName): Places;
  readonly eptps: Readonly<Record<1 | 2, bigint>>;
}

const REGION = 0x200000n;
const GVA = 0x400000000000n;
const FRAMES = 0x40000000n;

export const TEST_PAGES: Readonly<Record<PageName, TestPage>> = {
  same: testPage(0n),
  other: testPage(REGION),
};

/** Flags of a page of the supervisor's, used and written, and of one that is global. */
export const LEAF_FLAGS = (OPEN_ENTRY & ~PAGE_BITS.U) | PAGE_BITS.A | PAGE_BITS.D;
export const GLOBAL_FLAG = PAGE_BITS.G;
export const TABLE_FLAGS = OPEN_ENTRY | PAGE_BITS.A;

/** An EPT entry of a table, and one of a page that is readable alone, write-back. */
export const EPT_TABLE_FLAGS = 0x7n;
export const EPT_LEAF_FLAGS = 0x31n;
const EPT_IDENTITY_FLAGS = 0xb7n;
const EPTP_FLAGS = 0x1en;

/** Address of L1's EPTP list for VMFUNC. */
export const EPTP_LIST = 0x45000n;
export const L1_ROOT = 0x10000n;

/**
 * Two guests with two address spaces each, and two EPTs. Every address space, and every EPT, has
 * the first GiB mapped to itself, where all tables lie, so that whoever runs can write them; and the
 * pages under test, each in a table of its own. A page's address of L2 is that of L1's frame as
 * well, so that L2 finds it with an EPT and without.
 */
export function layOut(): Layout {
  const memory = new Map<bigint, bigint>();
  let free = 0x100000n;
  const newFrame = (): bigint => {
    free += 0x1000n;
    return free;
  };
  const roots = new Map<string, bigint>();
  const places = new Map<string, Places>();
  for (const guest of ['l1', 'l2'] as const) {
    for (const pcid of [0, 1] as const) {
      const root = guest === 'l1' && pcid === 0 ? L1_ROOT : newFrame();
      roots.set(`${guest} ${pcid}`, root);
      layIdentity(memory, root, newFrame);
      const found = layPages(memory, { root, newFrame, ept: false });
      for (const [page, where] of found) places.set(`${guest} ${pcid} ${page}`, where);
    }
  }
  const eptps = { 1: newFrame() | EPTP_FLAGS, 2: newFrame() | EPTP_FLAGS };
  for (const ept of [1, 2] as const) {
    const root = eptps[ept] - EPTP_FLAGS;
    for (const [page, where] of layPages(memory, { root, newFrame, ept: true })) {
      places.set(`ept ${ept} ${page}`, where);
    }
    memory.set(EPTP_LIST + 8n * BigInt(ept - 1), eptps[ept]);
  }
  for (const { frames } of Object.values(TEST_PAGES)) {
    for (const frame of Object.values(frames)) memory.set(frame, frame);
  }
  return {
    memory,
    eptps,
    rootOf: (guest, pcid) => known(roots, `${guest} ${pcid}`),
    guestPlaces: (guest, pcid, page) => known(places, `${guest} ${pcid} ${page}`),
    eptPlaces: (ept, page) => known(places, `ept ${ept} ${page}`),
  };
}

function known<T>(map: ReadonlyMap<string, T>, key: string): T {
  const value = map.get(key);
  if (value === undefined) throw new Error(`Cannot judge: no ${key}`);
  return value;
}

function testPage(offset: bigint): TestPage {
  const gva = GVA + offset;
  const old = FRAMES + offset;
  return {
    gva,
    alias: gva + 0x2000n,
    frames: { old, fresh: old + 0x1000n, third: old + 0x2000n },
    elsewhere: old + 0x3000n,
  };
}

function layIdentity(memory: Map<bigint, bigint>, root: bigint, newFrame: () => bigint): void {
  const pdpt = newFrame();
  memory.set(root, pdpt | TABLE_FLAGS);
  memory.set(pdpt, LEAF_FLAGS | PAGE_BITS.PS);
}

/** Both pages under test: in a guest's tables by linear address, in an EPT by guest-physical. */
function layPages(
  memory: Map<bigint, bigint>,
  { root, newFrame, ept }: { root: bigint; newFrame: () => bigint; ept: boolean },
): Map<PageName, Places> {
  const leafFlags = ept ? EPT_LEAF_FLAGS : LEAF_FLAGS;
  const tableFlags = ept ? EPT_TABLE_FLAGS : TABLE_FLAGS;
  const common = [newFrame(), newFrame()] as const;
  const found = new Map<PageName, Places>();
  for (const page of ['same', 'other'] as const) {
    const { gva, frames, elsewhere } = TEST_PAGES[page];
    const [pdpt, pd] = common;
    const table = newFrame();
    const address = ept ? frames.old : gva;
    const laid = layPath(memory, {
      root,
      levels: 4,
      leafLevel: 1,
      address,
      page: ept ? frames.old : elsewhere,
      tableAt: (level) => (level === 3 ? pdpt : level === 2 ? pd : table),
      flagsAt: (level) => (level === 1 ? leafFlags : tableFlags),
    });
    const leaf = laid.get(1) as bigint;
    // In an EPT the pages beside it lead to themselves: a guest's entry may name them too.
    if (ept)
      for (const n of [1n, 2n, 3n])
        memory.set(leaf + 8n * n, (frames.old + 0x1000n * n) | leafFlags);
    const otherTable = newFrame();
    memory.set(otherTable + (leaf & 0xfffn), frames.fresh | leafFlags);
    const upper = laid.get(2) as bigint;
    found.set(page, { leaf, upper, alias: leaf + 0x10n, otherTable });
  }
  if (ept) memory.set(common[0], EPT_IDENTITY_FLAGS);
  return found;
}
