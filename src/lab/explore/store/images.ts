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
import { NameTable } from './name-table.js';
import { Pairs } from './pairs.js';
import type { Parts } from './parts.js';
import { Renaming } from './renaming.js';
import type { Tuple } from './tuple.js';

/** The one vCPU. */
const [core, root, guest, tlb] = [CORE, ROOT_MMU, GUEST_MMU, TLB].map((part) =>
  placeOf(0, part),
) as [number, number, number, number];
const ORACLE = oraclePlace(1);

/** Places of the parts that are renamed each for itself. */
const ALONE = [core, tlb, MEMORY, ORACLE] as const;

/** The names of the parts of a state under a swap, as far as they are known. */
interface Known {
  readonly swap: Swap;
  /** In the order of {@link ALONE}. */
  readonly alone: readonly NameTable[];
  /** Shadow pages with the roots that lie in them: all three at once. */
  readonly trees: NameTable;
}

/**
 * States of a VM with one vCPU under other names of frames and PCIDs: part by part, and each part of
 * a state once.
 */
export class Images {
  readonly #parts: Parts;
  readonly #renaming: Renaming;
  readonly #known: readonly Known[];
  readonly #trees = new Pairs();
  readonly #open: (tuple: Tuple) => OpenedVm;

  /** @param open Makes a VM in a state. */
  constructor(parts: Parts, swaps: readonly Swap[], open: (tuple: Tuple) => OpenedVm) {
    this.#parts = parts;
    this.#renaming = new Renaming(parts, 1);
    this.#open = open;
    this.#known = swaps.map((swap) => ({
      ...{ swap, alone: ALONE.map(() => new NameTable()), trees: new NameTable() },
    }));
  }

  get bytes(): number {
    const tables = this.#known.flatMap(({ alone, trees }) => [...alone, trees]);
    return tables.reduce((sum, table) => sum + table.bytes, this.#trees.bytes);
  }

  /** A number for a state's shadow pages together with the roots that lie in them. */
  treeOf(tuple: Tuple): number {
    const roots = this.#trees.intern(tuple[root] as number, tuple[guest] as number);
    // Pairs of pairs are told from pairs by their left side, which no name of a part reaches.
    return this.#trees.intern(2 ** 32 - 1 - roots, tuple[SHADOW] as number);
  }

  /** The same state under some swaps, one after the other, each by its index. */
  under(swaps: readonly number[], tuple: Tuple): Tuple {
    const image = tuple.slice();
    this.rename(swaps, image);
    return image;
  }

  /** Makes a state its image, in place. */
  rename(swaps: readonly number[], tuple: Tuple): void {
    for (let i = 0; i < swaps.length; i += 1) {
      const known = this.#known[swaps[i] as number] as Known;
      const tree = this.treeOf(tuple);
      if (!isKnown(known, tuple, tree)) this.#learn(known, tuple, tree);
      for (let j = 0; j < ALONE.length; j += 1) {
        const place = ALONE[j] as number;
        tuple[place] = (known.alone[j] as NameTable).get(tuple[place] as number);
      }
      this.#putTree(known.trees.get(tree), tuple);
    }
  }

  #putTree(tree: number, tuple: Tuple): void {
    const trees = this.#trees;
    const roots = 2 ** 32 - 1 - trees.left(tree);
    tuple[SHADOW] = trees.right(tree);
    tuple[root] = trees.left(roots);
    tuple[guest] = trees.right(roots);
  }

  /** Names the parts of a state under a swap, as far as they have no names yet. */
  #learn({ swap, alone, trees }: Known, tuple: Tuple, tree: number): void {
    for (const [i, place] of ALONE.entries()) {
      const table = alone[i] as NameTable;
      const old = tuple[place] as number;
      if (table.get(old) === -1) table.set(old, this.#nameAlone(place, tuple, swap));
    }
    if (trees.get(tree) !== -1) return;
    const opened = this.#open(tuple);
    opened.openAll();
    renameShadow(opened.vm, swap);
    trees.set(tree, this.treeOf(this.#renaming.tupleOf(opened, tuple)));
  }

  #nameAlone(place: number, tuple: Tuple, swap: Swap): number {
    const opened = this.#open(tuple);
    const { vm } = opened;
    if (place === MEMORY) return this.#parts.internMemory(renamedPages(vm.memory.pages, swap));
    for (const vcpu of vm.vcpus) {
      if (place === tlb) renameTlb(vcpu, swap);
      // Of a vCPU that no command has reached an oracle remembers what its registers tell.
      else renameCore(vcpu, swap);
    }
    if (place === ORACLE) renameOracle(vm, swap);
    return this.#renaming.tupleOf(opened, tuple)[place] as number;
  }
}

function isKnown({ alone, trees }: Known, tuple: Tuple, tree: number): boolean {
  for (let i = 0; i < ALONE.length; i += 1) {
    if ((alone[i] as NameTable).get(tuple[ALONE[i] as number] as number) === -1) return false;
  }
  return trees.get(tree) !== -1;
}
