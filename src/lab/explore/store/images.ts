import {
  CORE,
  GUEST_MMU,
  MEMORY,
  type OpenedVm,
  oraclePlace,
  placeOf,
  ROOT_MMU,
  renameCore,
  renamedPages,
  renameOracle,
  renameShadow,
  renameTlb,
  SHADOW,
  type Swap,
  TLB,
} from '../../../mmu/index.js';
import { Pairs } from './pairs.js';
import type { Parts } from './parts.js';
import { Renaming } from './renaming.js';
import type { Tuple } from './tuple.js';

/** Swaps after one another may make no more orders of names than these: those of four spaces. */
const ORDERS_MAX = 24;

/** The one vCPU. */
const [core, root, guest, tlb] = [CORE, ROOT_MMU, GUEST_MMU, TLB].map((part) =>
  placeOf(0, part),
) as [number, number, number, number];
const ORACLE = oraclePlace(1);

/** An order of names: one that is known, and the swap that comes after it. */
interface Order {
  readonly after: number;
  readonly by: number;
}

/** The names of the parts of a state under a swap, as far as they are known. */
interface Known {
  readonly swap: Swap;
  readonly core: Map<number, number>;
  readonly tlb: Map<number, number>;
  readonly memory: Map<number, number>;
  readonly oracle: Map<number, number>;
  /** Shadow pages with the roots that lie in them: all three names at once. */
  readonly shadow: Map<number, readonly [number, number, number]>;
}

/**
 * States of a VM with one vCPU under other names of frames and PCIDs. Of all that are alike but for
 * names, the least stands for them: part by part, by the numbers that the parts have here.
 */
export class Images {
  readonly #parts: Parts;
  readonly #renaming: Renaming;
  readonly #known: readonly Known[];
  readonly #orders: readonly Order[];
  readonly #shadows = new Pairs();
  readonly #open: (tuple: Tuple) => OpenedVm;
  #count = 0;

  /** @param open Makes a VM in a state. */
  constructor(parts: Parts, swaps: readonly Swap[], open: (tuple: Tuple) => OpenedVm) {
    this.#parts = parts;
    this.#renaming = new Renaming(parts, 1);
    this.#open = open;
    const { kept, orders } = ordersOf(swaps);
    this.#orders = orders;
    this.#known = kept.map((swap) => ({
      ...{ swap, core: new Map(), tlb: new Map(), memory: new Map(), oracle: new Map() },
      shadow: new Map(),
    }));
  }

  get bytes(): number {
    return BYTES_OF_NAME * this.#count + this.#shadows.bytes;
  }

  /** The state that stands for all that differ from it by names alone. */
  least(tuple: Tuple): Tuple {
    let least = tuple;
    const images = [tuple];
    for (const { after, by } of this.#orders) {
      const image = this.#under(this.#known[by] as Known, images[after] as Tuple);
      images.push(image);
      if (isLess(image, least)) least = image;
    }
    return least;
  }

  /** The same state under a swap. */
  under(swap: Swap, tuple: Tuple): Tuple {
    const known = this.#known.find((one) => one.swap === swap);
    if (known === undefined) throw new Error('There is no such swap');
    return this.#under(known, tuple);
  }

  #under(known: Known, tuple: Tuple): Tuple {
    const { swap } = known;
    const image = tuple.slice();
    image[core] = this.#named(known.core, tuple, core, ({ vm }) => {
      for (const vcpu of vm.vcpus) renameCore(vcpu, swap);
    });
    image[tlb] = this.#named(known.tlb, tuple, tlb, ({ vm }) => {
      for (const vcpu of vm.vcpus) renameTlb(vcpu, swap);
    });
    image[ORACLE] = this.#named(known.oracle, tuple, ORACLE, ({ vm }) => {
      // Of a vCPU that no command has reached it remembers what its registers tell.
      for (const vcpu of vm.vcpus) renameCore(vcpu, swap);
      renameOracle(vm, swap);
    });
    image[MEMORY] = this.#memoryOf(known, tuple);
    const [shadow, roots, guestRoots] = this.#shadowOf(known, tuple);
    image[SHADOW] = shadow;
    image[root] = roots;
    image[guest] = guestRoots;
    return image;
  }

  #named(
    names: Map<number, number>,
    tuple: Tuple,
    place: number,
    rename: (opened: OpenedVm) => void,
  ): number {
    const old = tuple[place] as number;
    const known = names.get(old);
    if (known !== undefined) return known;
    const opened = this.#open(tuple);
    rename(opened);
    const name = this.#renaming.tupleOf(opened, tuple)[place] as number;
    this.#keep(names, old, name);
    return name;
  }

  #memoryOf({ memory, swap }: Known, tuple: Tuple): number {
    const old = tuple[MEMORY] as number;
    const known = memory.get(old);
    if (known !== undefined) return known;
    const { vm } = this.#open(tuple);
    const name = this.#parts.internMemory(renamedPages(vm.memory.pages, swap));
    this.#keep(memory, old, name);
    return name;
  }

  #shadowOf({ shadow, swap }: Known, tuple: Tuple): readonly [number, number, number] {
    const roots = this.#shadows.intern(tuple[root] as number, tuple[guest] as number);
    // Pairs of pairs are told from pairs by their left side, which no name of a part reaches.
    const key = this.#shadows.intern(2 ** 32 - 1 - roots, tuple[SHADOW] as number);
    const known = shadow.get(key);
    if (known !== undefined) return known;
    const opened = this.#open(tuple);
    opened.openAll();
    renameShadow(opened.vm, swap);
    const image = this.#renaming.tupleOf(opened, tuple);
    const names = [image[SHADOW], image[root], image[guest]] as [number, number, number];
    this.#keep(shadow, key, names);
    return names;
  }

  #keep<T>(names: Map<number, T>, old: number, name: T): void {
    names.set(old, name);
    this.#count += 1;
  }
}

/** Bytes of a name in a map, by a rough count. */
const BYTES_OF_NAME = 64;

function isLess(one: Tuple, other: Tuple): boolean {
  for (let place = 0; place < one.length; place += 1) {
    const [a, b] = [one[place] as number, other[place] as number];
    if (a !== b) return a < b;
  }
  return false;
}

/** The orders of names that swaps make, the first left out; and the swaps that make not too many. */
function ordersOf(swaps: readonly Swap[]): { kept: Swap[]; orders: Order[] } {
  let found: { kept: Swap[]; orders: Order[] } = { kept: [], orders: [] };
  for (const swap of swaps) {
    const kept = [...found.kept, swap];
    const orders = closure(kept);
    if (orders.length < ORDERS_MAX) found = { kept, orders };
  }
  return found;
}

/** Every order but the first, or as many as are too many. */
function closure(swaps: readonly Swap[]): Order[] {
  const frames = [...new Set(swaps.flatMap((swap) => [...swap.frames.keys()]))];
  const pcids = [...new Set(swaps.flatMap((swap) => [...swap.pcids.keys()]))];
  const orders: Order[] = [];
  const reached = [{ frames, pcids }];
  const known = new Set([JSON.stringify(reached[0])]);
  for (let after = 0; after < reached.length && orders.length < ORDERS_MAX; after += 1) {
    const order = reached[after] as (typeof reached)[number];
    for (const [by, swap] of swaps.entries()) {
      const next = {
        frames: order.frames.map((frame) => swap.frames.get(frame) ?? frame),
        pcids: order.pcids.map((pcid) => swap.pcids.get(pcid) ?? pcid),
      };
      const text = JSON.stringify(next);
      if (known.has(text)) continue;
      known.add(text);
      reached.push(next);
      orders.push({ after, by });
    }
  }
  return orders;
}
