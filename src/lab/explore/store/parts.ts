import {
  BOARD,
  type FrozenVm,
  type GuestPages,
  MEMORY,
  oraclePlace,
  type PartSource,
  pagesBeyond,
  pagesInOrder,
  placeOf,
  SHADOW,
  sharePages,
} from '../../../mmu/index.js';
import { Blocks } from './blocks.js';
import { Contents } from './contents.js';
import { Pairs } from './pairs.js';
import type { Tuple } from './tuple.js';

/** Cuts of a vCPU in a frozen state: front, two MMUs, back, TLB. Front and back are its core. */
const CUTS_OF_VCPU = 5;

/** Bytes of a map from frames to pages, and of an oracle's entry in one, by a rough count. */
const MEMORY_BYTES = 400;
const ORACLE_BYTES = 200;

type Spts = readonly (Float64Array | null)[];

/** Parts of states, each kept once and named by a number. */
export class Parts {
  /** Pairs of names, of which a part may be made, and states are. */
  readonly branches = new Pairs();
  readonly #blocks = new Blocks();
  readonly #words = new Contents<Uint32Array>();
  readonly #spts = new Contents<Float64Array>();
  /** Guest memory by the branch that names its pages. */
  readonly #memories = new Map<number, GuestPages>();
  /** The memory that was named last: most commands change none of it. */
  #last: { readonly pages: GuestPages; readonly name: number } | null = null;
  /** Memories of an oracle: of all vCPUs together first, then of each; and the bytes of them all. */
  readonly #oracles = new Map<number, { readonly parts: readonly number[]; bytes: Uint8Array }>();
  #oracleBytes = 0;
  readonly #vcpus: number;

  constructor(vcpus: number) {
    this.#vcpus = vcpus;
  }

  get bytes(): number {
    const contents = this.#blocks.bytes + this.#words.bytes + this.#spts.bytes;
    const copies = this.#oracleBytes + MEMORY_BYTES * this.#memories.size;
    return this.branches.bytes + contents + copies;
  }

  /** The names of the parts of a state. */
  tupleOf({ rest, blocks, pages, spts }: FrozenVm): Tuple {
    const { cuts, vcpuBlocks, oracleParts } = blocks;
    const [shadow, ...starts] = cuts as readonly [number, ...number[]];
    const tuple = new Uint32Array(oraclePlace(this.#vcpus) + 1);
    tuple[BOARD] = this.internBlock(rest.subarray(0, shadow));
    tuple[MEMORY] = this.internMemory(pages);
    tuple[SHADOW] = this.internShadow(rest.subarray(shadow, vcpuBlocks[0]), spts);
    for (let vcpu = 0; vcpu < this.#vcpus; vcpu += 1) {
      const at = (part: number) => starts[CUTS_OF_VCPU * vcpu + part];
      const [front, root, guest, back, tlb] = [at(0), at(1), at(2), at(3), at(4)];
      const end = vcpuBlocks[vcpu + 1];
      const core = joined([rest.subarray(front, root), rest.subarray(back, tlb)]);
      const parts = [core, rest.subarray(root, guest), rest.subarray(guest, back)];
      for (const [part, bytes] of [...parts, rest.subarray(tlb, end)].entries()) {
        tuple[placeOf(vcpu, part)] = this.internBlock(bytes);
      }
    }
    const begin = vcpuBlocks[this.#vcpus] as number;
    const ends = oracleParts.map((at) => at - begin);
    tuple[oraclePlace(this.#vcpus)] = this.nameOracle(rest.subarray(begin), ends);
    return tuple;
  }

  internBlock(bytes: Uint8Array): number {
    return this.#blocks.intern(bytes);
  }

  /** @param bytes All of the shadow pages but their entries. */
  internShadow(bytes: Uint8Array, spts: Spts): number {
    const tables = this.tree(spts.map((spt) => (spt === null ? 0 : 1 + this.#spts.intern(spt))));
    return this.branches.intern(
      this.#blocks.intern(bytes),
      this.branches.intern(spts.length, tables),
    );
  }

  /** @param pages May go on to change: they are shared. */
  internMemory(pages: GuestPages): number {
    const last = this.#last;
    if (last !== null && pages.size === last.pages.size && pagesBeyond(pages, last.pages) === 0) {
      return last.name;
    }
    const shared = sharePages(pages);
    const inOrder = pagesInOrder(shared).sort(([a], [b]) => a - b);
    const leaves = inOrder.map(([gfn, words]) =>
      this.branches.intern(gfn, this.#words.intern(words)),
    );
    // Without their number, two pages could look like one.
    const memory = this.branches.intern(leaves.length, this.tree(leaves));
    const kept = this.#memories.get(memory) ?? shared;
    this.#memories.set(memory, kept);
    this.#last = { pages: kept, name: memory };
    return memory;
  }

  /** @param starts Where the part of each vCPU begins, and where the last one ends. */
  nameOracle(bytes: Uint8Array, starts: readonly number[]): number {
    const count = 1 + this.#vcpus;
    // Where nobody watches there are no bytes.
    const cuts = starts.length === 0 ? new Array<number>(1 + count).fill(0) : [0, ...starts];
    return this.internOracle(
      Array.from({ length: count }, (_, i) =>
        this.#blocks.intern(bytes.subarray(cuts[i], cuts[i + 1])),
      ),
    );
  }

  /** @param parts What it remembers of all vCPUs together, then of each. */
  internOracle(parts: readonly number[]): number {
    const name = this.tree(parts);
    if (!this.#oracles.has(name)) {
      const bytes = joined(parts.map((part) => this.#blocks.get(part)));
      this.#oracles.set(name, { parts: [...parts], bytes });
      this.#oracleBytes += ORACLE_BYTES + bytes.length + 8 * parts.length;
    }
    return name;
  }

  /** The parts of an oracle: of all vCPUs together first, then of each. */
  oracleParts(name: number): readonly number[] {
    return this.#oracles.get(name)?.parts ?? [];
  }

  /** The state with these parts, to make a VM of. */
  sourceOf(tuple: Tuple): PartSource {
    const { branches } = this;
    const oracle = oraclePlace(this.#vcpus);
    const shadow = tuple[SHADOW] as number;
    return {
      bytes: (place) => {
        if (place === oracle) return this.#oracles.get(tuple[oracle] as number)?.bytes ?? NOTHING;
        if (place === SHADOW) return this.#blocks.get(branches.left(shadow));
        return this.#blocks.get(tuple[place] as number);
      },
      memory: () => this.#memories.get(tuple[MEMORY] as number) as GuestPages,
      spts: () => {
        const counted = branches.right(shadow);
        const tables = this.leaves(branches.right(counted), branches.left(counted));
        return tables.map((table) => (table === 0 ? null : this.#spts.get(table - 1)));
      },
    };
  }

  /** A tree over names, as level as can be; its number of leaves is kept elsewhere. */
  tree(names: readonly number[]): number {
    let level = names;
    while (level.length > 1) {
      const above: number[] = [];
      for (let i = 0; i < level.length; i += 2) {
        const [left, right] = [level[i] as number, level[i + 1]];
        above.push(right === undefined ? left : this.branches.intern(left, right));
      }
      level = above;
    }
    return level[0] ?? 0;
  }

  leaves(tree: number, count: number): number[] {
    if (count === 0) return [];
    if (count === 1) return [tree];
    // The left branch is a full tree: the largest power of two below the number of leaves.
    const left = 2 ** (31 - Math.clz32(count - 1));
    return [
      ...this.leaves(this.branches.left(tree), left),
      ...this.leaves(this.branches.right(tree), count - left),
    ];
  }
}

const NOTHING = new Uint8Array(0);

function joined(blocks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}
