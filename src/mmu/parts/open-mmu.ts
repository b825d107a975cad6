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

/** An MMU whose roots look their pages up when they are asked for them; {@link fillMmu} fills it. */
export function createAskingMmu(place: MmuPlace): Mmu {
  const slots = Array.from({ length: 1 + place.prevRoots }, () => askingRoot(place));
  return { ...createMmu(place.name, 0), slots };
}

/** Makes such an MMU what some bytes say, whatever it was. */
export function fillMmu(mmu: Mmu, reader: ByteReader, { unasked, pageOf }: MmuPlace): void {
  mmu.paeRoots.length = 0;
  mmu.slotMarks.length = 0;
  readMmu(reader, mmu, pageOf, (root, id) => {
    root.page = null;
    if (id !== null) unasked.set(root, id);
  });
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
