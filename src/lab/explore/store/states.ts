import {
  BOARD,
  CORE,
  createFreezer,
  createOpener,
  type FrozenVm,
  freezeVm,
  GUEST_MMU,
  MEMORY,
  type OpenedVm,
  oraclePlace,
  type PartSource,
  placeOf,
  ROOT_MMU,
  SHADOW,
  type Swap,
  TLB,
  type Vm,
} from '../../../mmu/index.js';
import type { VmConfig } from '../../../mmu/schema/index.js';
import { Images } from './images.js';
import { Pairs } from './pairs.js';
import { Parts } from './parts.js';
import type { Tuple } from './tuple.js';

/** The states that are taken for one. */
interface Alike {
  readonly symmetric: boolean;
  readonly swaps?: readonly Swap[];
}

/**
 * States of VMs of one configuration, each kept once and named by a number from 0 on.
 *
 * A state is taken apart: what a vCPU holds, what the oracle remembers of it, the contents of each
 * page. A part is kept once, and a state is a tree of pairs over the names of its parts, whose
 * branches are kept once too. Two states that differ in one part share all other branches, so that
 * nearly all that a state costs is its own pair.
 */
export class States {
  readonly parts: Parts;
  readonly #states = new Pairs();
  readonly #branches: Pairs;
  readonly #freeze = createFreezer();
  readonly #open: (source: PartSource) => OpenedVm;
  readonly #vcpus: number;
  readonly #symmetric: boolean;
  readonly #images: Images | null;
  #vessel: OpenedVm | null = null;

  /**
   * @param symmetric Whether states that differ in which vCPU is which are one.
   * @param swaps Names under which states are one; none where there are several vCPUs.
   */
  constructor(config: VmConfig, { symmetric, swaps = [] }: Alike) {
    this.#vcpus = config.vcpus;
    this.#symmetric = symmetric;
    this.parts = new Parts(config.vcpus);
    this.#branches = this.parts.branches;
    this.#open = createOpener(config);
    this.#images =
      swaps.length === 0 ? null : new Images(this.parts, swaps, (tuple) => this.#lent(tuple));
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
    return this.#states.bytes + this.parts.bytes + (this.#images?.bytes ?? 0);
  }

  /** @returns The name of a settled VM's state; it is a new one if that was {@link count}. */
  intern(vm: Vm): number {
    return this.internTuple(this.parts.tupleOf(this.#freeze(vm)));
  }

  /** The same of a state whose parts are named. */
  internTuple(named: Tuple): number {
    const tuple = this.#images?.least(named) ?? named;
    const branches = this.#branches;
    const memories = this.parts.oracleParts(tuple[oraclePlace(this.#vcpus)] as number);
    const perVcpu: number[] = [];
    for (let vcpu = 0; vcpu < this.#vcpus; vcpu += 1) {
      const at = placeOf(vcpu, CORE);
      const core = branches.intern(tuple[at + CORE] as number, tuple[at + TLB] as number);
      const mmus = branches.intern(tuple[at + ROOT_MMU] as number, tuple[at + GUEST_MMU] as number);
      const rest = branches.intern(mmus, memories[1 + vcpu] as number);
      perVcpu.push(branches.intern(core, rest));
    }
    if (this.#symmetric) perVcpu.sort((a, b) => a - b);
    const board = branches.intern(tuple[BOARD] as number, memories[0] as number);
    const left = branches.intern(tuple[MEMORY] as number, this.parts.tree(perVcpu));
    return this.#states.intern(left, branches.intern(board, tuple[SHADOW] as number));
  }

  /** The names of a state's parts. */
  tupleOf(name: number): Tuple {
    const branches = this.#branches;
    const left = this.#states.left(name);
    const right = this.#states.right(name);
    const board = branches.left(right);
    const tuple = new Uint32Array(oraclePlace(this.#vcpus) + 1);
    tuple[BOARD] = branches.left(board);
    tuple[MEMORY] = branches.left(left);
    tuple[SHADOW] = branches.right(right);
    const memories = [branches.right(board)];
    for (const [vcpu, branch] of this.parts.leaves(branches.right(left), this.#vcpus).entries()) {
      const core = branches.left(branch);
      const rest = branches.right(branch);
      const mmus = branches.left(rest);
      tuple[placeOf(vcpu, CORE)] = branches.left(core);
      tuple[placeOf(vcpu, TLB)] = branches.right(core);
      tuple[placeOf(vcpu, ROOT_MMU)] = branches.left(mmus);
      tuple[placeOf(vcpu, GUEST_MMU)] = branches.right(mmus);
      memories.push(branches.right(rest));
    }
    tuple[oraclePlace(this.#vcpus)] = this.parts.internOracle(memories);
    return tuple;
  }

  /** A VM in a state, of which each part is made when it is asked for. */
  open(tuple: Tuple): OpenedVm {
    return this.#open(this.parts.sourceOf(tuple));
  }

  /** Makes a VM that {@link open} has made stand in another state. */
  reopen(opened: OpenedVm, tuple: Tuple): void {
    opened.reopen(this.parts.sourceOf(tuple));
  }

  /** A VM in a state until the next one is lent. */
  #lent(tuple: Tuple): OpenedVm {
    if (this.#vessel === null) this.#vessel = this.open(tuple);
    else this.reopen(this.#vessel, tuple);
    return this.#vessel;
  }

  /** A state as one that is kept by itself. */
  get(name: number): FrozenVm {
    return freezeVm(this.open(this.tupleOf(name)).vm);
  }
}
