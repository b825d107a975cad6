import { createByteReader, createByteWriter, readLinks, writeLinks } from './encoding/index.js';
import {
  createGuestPages,
  type GuestPages,
  PAGE_SIZE,
  pagesBeyond,
  sharePages,
} from './machine/index.js';
import type { VmConfig } from './schema/index.js';
import type { Vm } from './state/index.js';
import { readVm, writeVm } from './whole-state.js';

/**
 * A state that is kept, and that nobody runs. What is in pages is not copied: it is shared with the
 * VM, with what is thawed, and with other frozen states, until one of those that run writes to it.
 */
export interface FrozenVm {
  /** All but what is in pages, encoded. */
  readonly rest: Uint8Array;
  readonly pages: GuestPages;
  /** The entries of shadow pages by id; null where all of them are zero. */
  readonly spts: readonly (Float64Array | null)[];
}

const NOTHING: FrozenVm = { rest: new Uint8Array(0), pages: createGuestPages(), spts: [] };

/** Keeps the state of a VM, which goes on. A state belongs to the configuration it arose from. */
export function freezeVm(vm: Vm): FrozenVm {
  const writer = createByteWriter();
  const pages = sharePages(vm.memory.pages);
  const spts = vm.shadow.table.map((page) => page?.spt ?? null);
  writeVm(writer, vm, {
    memory() {},
    entries(page) {
      page.isSptShared = true;
    },
    links: (shadow) => writeLinks(writer, shadow),
  });
  return { rest: writer.bytes(), pages, spts };
}

/**
 * A VM in a frozen state, which goes on as the frozen VM did.
 *
 * @param config The configuration that the frozen VM was made from.
 */
export function thawVm(config: VmConfig, { rest, pages, spts }: FrozenVm): Vm {
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
export function bytesBeyond(state: FrozenVm, other: FrozenVm | null): number {
  if (other === null) return bytesBeyond(state, NOTHING);
  const tables = state.spts.filter((spt, id) => spt !== null && spt !== other.spts[id]);
  return PAGE_SIZE * (pagesBeyond(state.pages, other.pages) + tables.length);
}
