import {
  createFreezer,
  type GuestPages,
  pagesBeyond,
  pagesInOrder,
  type Vm,
  type Contents as VmContents,
} from '../../../mmu/index.js';
import { Blocks } from './blocks.js';
import { Contents } from './contents.js';
import { Pairs } from './pairs.js';

/**
 * States of VMs of one configuration, each kept once and named by a number from 0 on.
 *
 * A state is taken apart: what a vCPU holds, what the oracle remembers of it, the contents of each
 * page. A part is kept once, and a state is a tree of pairs over the names of its parts, whose
 * branches are kept once too. Two states that differ in one part share all other branches, so that
 * nearly all that a state costs is its own pair.
 */
export class States {
  readonly #states = new Pairs();
  readonly #branches = new Pairs();
  readonly #blocks = new Blocks();
  readonly #words = new Contents<Uint32Array>();
  readonly #spts = new Contents<Float64Array>();
  /** Guest memory by the branch that names its pages. */
  readonly #memories = new Map<number, GuestPages>();
  readonly #freeze = createFreezer();
  /** The memory that was named last: most commands change none of it. */
  #last: { readonly pages: GuestPages; readonly name: number } | null = null;
  readonly #vcpus: number;
  readonly #symmetric: boolean;

  /** @param symmetric Whether states that differ in which vCPU is which are one. */
  constructor({ vcpus, symmetric }: { vcpus: number; symmetric: boolean }) {
    this.#vcpus = vcpus;
    this.#symmetric = symmetric;
  }

  get count(): number {
    return this.#states.count;
  }

  /** Bytes of the states themselves: their pairs, and the table that finds them. */
  get stateBytes(): number {
    return this.#states.bytes;
  }

  /** Bytes of all that is kept, as far as it grows with the states. */
  get bytes(): number {
    const parts = this.#branches.bytes + this.#blocks.bytes + this.#words.bytes + this.#spts.bytes;
    return this.#states.bytes + parts;
  }

  /** @returns The name of a VM's state; it is a new one if that was {@link count}. */
  intern(vm: Vm): number {
    const { rest, blocks, pages, spts } = this.#freeze(vm);
    const { vcpuBlocks, oracleParts } = blocks;
    const part = (from: number, to: number) => this.#blocks.intern(rest.subarray(from, to));
    const first = vcpuBlocks[0] as number;
    const oracle = vcpuBlocks[this.#vcpus] as number;
    const perVcpu = Array.from({ length: this.#vcpus }, (_, i) =>
      this.#branches.intern(
        part(vcpuBlocks[i] as number, vcpuBlocks[i + 1] as number),
        part(oracleParts[i] ?? rest.length, oracleParts[i + 1] ?? rest.length),
      ),
    );
    if (this.#symmetric) perVcpu.sort((a, b) => a - b);
    const head = this.#tree([part(0, first), part(oracle, oracleParts[0] ?? rest.length)]);
    const tables = this.#tree(spts.map((spt) => (spt === null ? 0 : 1 + this.#spts.intern(spt))));
    const left = this.#branches.intern(this.#memoryOf(pages), this.#tree(perVcpu));
    const right = this.#branches.intern(head, this.#branches.intern(spts.length, tables));
    return this.#states.intern(left, right);
  }

  /** The parts from which a state's VM is made again. */
  get(name: number): VmContents {
    const left = this.#states.left(name);
    const right = this.#states.right(name);
    const [head, oracle] = this.#leaves(this.#branches.left(right), 2) as [number, number];
    const counted = this.#branches.right(right);
    const tables = this.#leaves(this.#branches.right(counted), this.#branches.left(counted));
    const perVcpu = this.#leaves(this.#branches.right(left), this.#vcpus);
    const parts = [
      head,
      ...perVcpu.map((branch) => this.#branches.left(branch)),
      oracle,
      ...perVcpu.map((branch) => this.#branches.right(branch)),
    ];
    return {
      rest: joined(parts.map((block) => this.#blocks.get(block))),
      pages: this.#memories.get(this.#branches.left(left)) as GuestPages,
      spts: tables.map((table) => (table === 0 ? null : this.#spts.get(table - 1))),
    };
  }

  #memoryOf(pages: GuestPages): number {
    const last = this.#last;
    if (last !== null && pages.size === last.pages.size && pagesBeyond(pages, last.pages) === 0) {
      return last.name;
    }
    const inOrder = pagesInOrder(pages).sort(([a], [b]) => a - b);
    const leaves = inOrder.map(([gfn, words]) =>
      this.#branches.intern(gfn, this.#words.intern(words)),
    );
    // Without their number, two pages could look like one.
    const memory = this.#branches.intern(leaves.length, this.#tree(leaves));
    const kept = this.#memories.get(memory) ?? pages;
    this.#memories.set(memory, kept);
    this.#last = { pages: kept, name: memory };
    return memory;
  }

  /** A tree over names, as level as can be; its number of leaves is kept elsewhere. */
  #tree(names: readonly number[]): number {
    let level = names;
    while (level.length > 1) {
      const above: number[] = [];
      for (let i = 0; i < level.length; i += 2) {
        const [left, right] = [level[i] as number, level[i + 1]];
        above.push(right === undefined ? left : this.#branches.intern(left, right));
      }
      level = above;
    }
    return level[0] ?? 0;
  }

  #leaves(tree: number, count: number): number[] {
    if (count === 0) return [];
    if (count === 1) return [tree];
    // The left branch is a full tree: the largest power of two below the number of leaves.
    const left = 2 ** (31 - Math.clz32(count - 1));
    return [
      ...this.#leaves(this.#branches.left(tree), left),
      ...this.#leaves(this.#branches.right(tree), count - left),
    ];
  }
}

function joined(blocks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}
