/**
 * Pages of guest memory by guest frame. Copies share them: a block of frames, and each page in it,
 * belongs to the copy that made it, and any other copy makes its own before it writes. So to copy
 * takes a look at each block, and each page that is changed afterwards takes a copy of that page.
 */
export interface GuestPages {
  /** Number of pages. */
  size: number;
  /** Blocks by number: that of their first frame, divided by {@link BLOCK_PAGES}. */
  readonly blocks: Map<number, PageBlock>;
  /** The owner that may write. Blocks and pages of another owner are shared, or were. */
  owner: object;
}

/** Pages of neighbouring frames; null where one holds zeros. */
export interface PageBlock {
  readonly owner: object;
  readonly pages: (GuestPage | null)[];
}

export interface GuestPage {
  /** Also that of its block, or the page is shared. */
  readonly owner: object;
  /** Number of pages before this one: a page is never taken away. */
  readonly nth: number;
  /** 1024 little-endian 32-bit words, as the host would keep them. */
  readonly words: Uint32Array;
}

const BLOCK_PAGES = 64;

const PAGE_WORDS = 1024;

export function createGuestPages(): GuestPages {
  return { size: 0, blocks: new Map(), owner: {} };
}

/** The same pages once more. Neither of the two sees what is written to the other. */
export function sharePages(pages: GuestPages): GuestPages {
  pages.owner = {};
  return { size: pages.size, blocks: new Map(pages.blocks), owner: {} };
}

/** The words of a page, for reading only; undefined if it holds zeros. */
export function wordsOfPage({ blocks }: GuestPages, gfn: number): Uint32Array | undefined {
  const number = Math.floor(gfn / BLOCK_PAGES);
  return blocks.get(number)?.pages[gfn - number * BLOCK_PAGES]?.words;
}

/** The words of a page, for writing. The page is made, or copied from a shared one, if need be. */
export function wordsToWrite(pages: GuestPages, gfn: number): Uint32Array {
  const number = Math.floor(gfn / BLOCK_PAGES);
  const page = pages.blocks.get(number)?.pages[gfn - number * BLOCK_PAGES];
  if (page?.owner === pages.owner) return page.words;
  return takePage(pages, gfn, page ?? null).words;
}

/** The pages and their frames, in the order in which they were made. */
export function pagesInOrder({ blocks }: GuestPages): (readonly [number, Uint32Array])[] {
  const found: { gfn: number; page: GuestPage }[] = [];
  for (const [number, block] of blocks) {
    for (const [slot, page] of block.pages.entries()) {
      if (page !== null) found.push({ gfn: number * BLOCK_PAGES + slot, page });
    }
  }
  found.sort((a, b) => a.page.nth - b.page.nth);
  return found.map(({ gfn, page }) => [gfn, page.words] as const);
}

/** Number of pages of the first copy that the second does not share. */
export function pagesBeyond({ blocks }: GuestPages, other: GuestPages): number {
  let count = 0;
  for (const [number, block] of blocks) {
    const beside = other.blocks.get(number);
    if (beside === block) continue;
    for (const [slot, page] of block.pages.entries()) {
      if (page !== null && page !== beside?.pages[slot]) count += 1;
    }
  }
  return count;
}

function takePage(pages: GuestPages, gfn: number, shared: GuestPage | null): GuestPage {
  const number = Math.floor(gfn / BLOCK_PAGES);
  const page: GuestPage = {
    owner: pages.owner,
    nth: shared?.nth ?? pages.size,
    words: shared?.words.slice() ?? new Uint32Array(PAGE_WORDS),
  };
  takeBlock(pages, number).pages[gfn - number * BLOCK_PAGES] = page;
  if (shared === null) pages.size += 1;
  return page;
}

function takeBlock({ blocks, owner }: GuestPages, number: number): PageBlock {
  const shared = blocks.get(number);
  if (shared?.owner === owner) return shared;
  const pages = shared?.pages.slice() ?? new Array<GuestPage | null>(BLOCK_PAGES).fill(null);
  const block = { owner, pages };
  blocks.set(number, block);
  return block;
}
