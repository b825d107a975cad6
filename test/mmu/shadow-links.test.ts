import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clearParents,
  linkPage,
  markParentsUnsync,
  unsyncBelow,
} from '../../src/mmu/shadow/links.js';
import { spteAt, targetOf } from '../../src/mmu/shadow/spte.js';
import { type ShadowPage, SPTES_PER_PAGE, type Vm } from '../../src/mmu/state/index.js';
import { createLab } from './lab.js';

const RUNS = { numRuns: 300, seed: 20261130 };

/** Entries that are used: in the first word of the bitmap, at its ends, and in the last one. */
const INDICES = [0, 1, 31, 32, 63, 511];

/** How pages lie below a root, so few of them that one search finds all. */
interface Tree {
  /** Of each page of level 3: the indices in the root that lead to it. */
  readonly upper: readonly (readonly number[])[];
  /** Of each page of level 2: the page of level 3 above it, and the index there. */
  readonly middle: readonly (readonly [above: number, index: number])[];
  /** Of each page of level 1: the page of level 2 above it, and the index there. */
  readonly leaves: readonly (readonly [above: number, index: number])[];
  /** Which leaves become unsync, and which of those are in step again without a search. */
  readonly unsync: readonly boolean[];
  readonly again: readonly boolean[];
}

const place = fc.tuple(fc.nat(1), fc.nat(INDICES.length - 1));

const tree: fc.Arbitrary<Tree> = fc.record({
  upper: fc.array(fc.uniqueArray(fc.nat(INDICES.length - 1), { minLength: 1, maxLength: 2 }), {
    minLength: 2,
    maxLength: 2,
  }),
  middle: fc.uniqueArray(place, { minLength: 2, maxLength: 2, selector: String }),
  leaves: fc.uniqueArray(place, { minLength: 1, maxLength: 3, selector: String }),
  unsync: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  again: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
});

const indexAt = (nth: number) => INDICES[nth] as number;

/** The pages of a tree, linked, with what a guest's writes and KVM's syncs have left of bits. */
function grow({ upper, middle, leaves, unsync, again }: Tree) {
  const { vm } = createLab();
  const root = addPage(vm, 4);
  const pages = { 3: upper.map(() => addPage(vm, 3)), 2: middle.map(() => addPage(vm, 2)) };
  const taken = new Set<number>();
  for (const [nth, indices] of upper.entries()) {
    for (const index of indices.map(indexAt).filter((one) => !taken.has(one))) {
      taken.add(index);
      linkPage(vm, root, index, pages[3][nth] as ShadowPage);
    }
  }
  for (const [nth, [above, index]] of middle.entries()) {
    linkPage(vm, pages[3][above] as ShadowPage, indexAt(index), pages[2][nth] as ShadowPage);
  }
  const bottom = leaves.map(([above, index], nth) => {
    const page = addPage(vm, 1);
    linkPage(vm, pages[2][above] as ShadowPage, indexAt(index), page);
    page.unsync = unsync[nth] === true;
    if (page.unsync) markParentsUnsync(vm, page);
    return page;
  });
  for (const [nth, page] of bottom.entries()) if (again[nth] === true) page.unsync = false;
  return { vm, root };
}

function addPage({ shadow }: Vm, role: number): ShadowPage {
  const page: ShadowPage = {
    ...{ id: shadow.table.length, hpa: 0, gfn: 0, tdp: false, role, rootCount: 0, generation: 0 },
    ...{ spt: null, isSptShared: false, unsync: false, unsyncChildren: 0 },
    ...{ unsyncChildBitmap: null, writeFloodingCount: 0, parents: [], sibling: null },
  };
  shadow.table.push(page);
  return page;
}

/** Entries of a page that lead somewhere, each with where it leads. */
function childrenOf({ shadow }: Vm, page: ShadowPage): [index: number, child: ShadowPage][] {
  if (page.role === 1) return [];
  return INDICES.flatMap((index): [number, ShadowPage][] => {
    const spte = spteAt(page, index);
    return spte === 0 ? [] : [[index, shadow.table[targetOf(spte)] as ShadowPage]];
  });
}

/** Whether a page is unsync or has an unsync one below it, by looking at all of them. */
function isUnsyncAtOrBelow(vm: Vm, page: ShadowPage): boolean {
  return page.unsync || childrenOf(vm, page).some(([, child]) => isUnsyncAtOrBelow(vm, child));
}

function pagesBelow(vm: Vm, page: ShadowPage): Set<ShadowPage> {
  const below = childrenOf(vm, page).flatMap(([, child]) => [...pagesBelow(vm, child)]);
  return new Set([page, ...below]);
}

function bitsOf({ unsyncChildBitmap }: ShadowPage): number[] {
  const isSet = (index: number) => (((unsyncChildBitmap?.[index >> 5] ?? 0) >>> index) & 1) === 1;
  return Array.from({ length: SPTES_PER_PAGE }, (_, index) => index).filter(isSet);
}

/** The bits that every page below a root must have, and may have. */
function expectExactBits(vm: Vm, root: ShadowPage): void {
  for (const page of pagesBelow(vm, root)) {
    const wanted = childrenOf(vm, page).filter(([, child]) => isUnsyncAtOrBelow(vm, child));
    expect(bitsOf(page)).toEqual(wanted.map(([index]) => index));
    expect(page.unsyncChildren).toBe(wanted.length);
  }
}

describe('a search for unsync pages', () => {
  test('finds each of them, and leaves no bit above a page with nothing unsync below', () => {
    const isExact = fc.property(tree, (one) => {
      const { vm, root } = grow(one);
      const unsync = [...pagesBelow(vm, root)].filter((page) => page.unsync);
      const found = unsyncBelow(vm.shadow, root).map(({ page }) => page);
      expect(new Set(found)).toEqual(new Set(unsync));
      expect(found).toHaveLength(unsync.length);
      expectExactBits(vm, root);
    });
    fc.assert(isExact, RUNS);
  });

  test('once all that it found is in step, no bit is left', () => {
    const isCleared = fc.property(tree, (one) => {
      const { vm, root } = grow(one);
      for (;;) {
        const leaves = unsyncBelow(vm.shadow, root);
        if (leaves.length === 0) break;
        for (const leaf of leaves) {
          leaf.page.unsync = false;
          clearParents(leaf);
        }
      }
      expectExactBits(vm, root);
      expect(root.unsyncChildren).toBe(0);
    });
    fc.assert(isCleared, RUNS);
  });
});
