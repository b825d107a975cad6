import { type ByteReader, readMmu } from '../encoding/index.js';
import {
  createMmu,
  createRootInfo,
  type Mmu,
  type RootInfo,
  type ShadowPage,
} from '../state/index.js';

/** Ids of the pages that roots hold and nobody has asked for yet. */
export type Unasked = Map<RootInfo, number>;

/** The place of a new MMU. */
export interface MmuPlace {
  readonly name: Mmu['name'];
  readonly prevRoots: number;
  readonly unasked: Unasked;
  pageOf(id: number): ShadowPage | null;
}

/** An MMU whose roots look their pages up when they are asked for them. */
export function openMmu(reader: ByteReader, place: MmuPlace): Mmu {
  const slots = Array.from({ length: 1 + place.prevRoots }, () => askingRoot(place));
  const mmu = { ...createMmu(place.name, 0), slots };
  readMmu(reader, mmu, place.pageOf, (root, id) => {
    if (id !== null) place.unasked.set(root, id);
  });
  return mmu;
}

function askingRoot({ unasked, pageOf }: MmuPlace): RootInfo {
  let page: ShadowPage | null = null;
  const { pgd, hpa, syncDue, flushDue, ranUnder } = createRootInfo();
  const root: RootInfo = {
    ...{ pgd, hpa, syncDue, flushDue, ranUnder },
    get page() {
      const id = unasked.get(root);
      if (id !== undefined) {
        unasked.delete(root);
        page = pageOf(id);
      }
      return page;
    },
    set page(other) {
      unasked.delete(root);
      page = other;
    },
  };
  return root;
}

/** The id of the page that a root holds, asked for or not; null if it holds none. */
export function pageIdOf(root: RootInfo, unasked: Unasked): number | null {
  return unasked.get(root) ?? root.page?.id ?? null;
}
