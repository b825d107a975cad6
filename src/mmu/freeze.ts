import {
  type ByteWriter,
  createByteReader,
  createByteWriter,
  finished,
  readLinks,
  writeLinks,
} from './encoding/index.js';
import {
  createGuestPages,
  type GuestPages,
  PAGE_SIZE,
  pagesBeyond,
  sharePages,
} from './machine/index.js';
import type { VmConfig } from './schema/index.js';
import type { Vm } from './state/index.js';
import { type Blocks, readVm, writeVm } from './whole-state.js';

/**
 * A state that is kept, and that nobody runs. What is in pages is not copied: it is shared with the
 * VM, with what is thawed, and with other frozen states, until one of those that run writes to it.
 */
export interface FrozenVm {
  /** All but what is in pages, encoded. */
  readonly rest: Uint8Array;
  /** Where the blocks of `rest` are, so that states can share equal ones. */
  readonly blocks: Blocks;
  readonly pages: GuestPages;
  /** The entries of shadow pages by id; null where all of them are zero. */
  readonly spts: readonly (Float64Array | null)[];
}

/** The contents of a state's pages. */
type Pages = Pick<FrozenVm, 'pages' | 'spts'>;

/** The parts from which a state's VM is made again. */
export type Contents = Pages & Pick<FrozenVm, 'rest'>;

const NOTHING: Pages = { pages: createGuestPages(), spts: [] };

/** Keeps the state of a VM, which goes on. A state belongs to the configuration it arose from. */
export function freezeVm(vm: Vm): FrozenVm {
  const writer = createByteWriter();
  return { ...takeApart(vm, writer), rest: writer.bytes() };
}

/**
 * Makes a function that freezes one VM after the other, for whoever looks at each at once: the bytes
 * of a state are there until the next one is frozen.
 */
export function createFreezer(): (vm: Vm) => FrozenVm {
  const writer = createByteWriter();
  return (vm) => {
    writer.restart();
    return { ...takeApart(vm, writer), rest: writer.view() };
  };
}

function takeApart(vm: Vm, writer: ByteWriter): Omit<FrozenVm, 'rest'> {
  const pages = sharePages(vm.memory.pages);
  const spts = vm.shadow.table.map((page) => page?.spt ?? null);
  const parts = writeVm(writer, vm, {
    // Pages are shared, and none is written.
    memory: () => [],
    entries(page) {
      page.isSptShared = true;
    },
    links: (shadow) => writeLinks(writer, shadow),
  });
  return { blocks: finished(parts), pages, spts };
}

/**
 * A VM in a frozen state, which goes on as the frozen VM did.
 *
 * @param config The configuration that the frozen VM was made from.
 */
export function thawVm(config: VmConfig, { rest, pages, spts }: Contents): Vm {
  const reader = createByteReader(rest);
  return readVm(reader, config, {
    memory: () => sharePages(pages),
    entries(page) {
      page.spt = spts[page.id] ?? null;
      page.isSptShared = true;
    },
    links: (shadow) => readLinks(reader, shadow),
  });
}

/**
 * Bytes of pages that a state holds and another one does not share.
 *
 * @param other Null for what shares none.
 */
export function bytesBeyond(state: Pages, other: Pages | null): number {
  if (other === null) return bytesBeyond(state, NOTHING);
  const tables = state.spts.filter((spt, id) => spt !== null && spt !== other.spts[id]);
  return PAGE_SIZE * (pagesBeyond(state.pages, other.pages) + tables.length);
}
