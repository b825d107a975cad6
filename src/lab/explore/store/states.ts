import {
  CORE,
  createFreezer,
  createOpener,
  type FrozenVm,
  freezeVm,
  type OpenedVm,
  oraclePlace,
  type PartSource,
  placeOf,
  type Swap,
  type Vm,
} from '../../../mmu/index.js';
import type { VmConfig } from '../../../mmu/schema/index.js';
import { Least } from './least.js';
import { PackedForm } from './packed-form.js';
import { Pairs } from './pairs.js';
import { Parts } from './parts.js';
import type { StateForm } from './state-form.js';
import { TreeForm } from './tree-form.js';
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
 * page. A part is kept once, and a state is a pair of words that say its parts: their names side by
 * side as long as those fit, and then the branches of a tree. So all that a state costs is its pair.
 */
export class States {
  readonly parts: Parts;
  readonly #states = new Pairs();
  #form: StateForm;
  readonly #freeze = createFreezer();
  readonly #open: (source: PartSource) => OpenedVm;
  readonly #vcpus: number;
  readonly #symmetric: boolean;
  readonly #least: Least | null;
  #vessel: OpenedVm | null = null;

  /**
   * @param symmetric Whether states that differ in which vCPU is which are one.
   * @param swaps Names under which states are one; none where there are several vCPUs.
   */
  constructor(config: VmConfig, { symmetric, swaps = [] }: Alike) {
    this.#vcpus = config.vcpus;
    this.#symmetric = symmetric;
    this.parts = new Parts(config.vcpus);
    this.#form = PackedForm.for(new Uint32Array(oraclePlace(config.vcpus) + 1)) as StateForm;
    this.#open = createOpener(config);
    this.#least =
      swaps.length === 0 ? null : new Least(this.parts, swaps, (tuple) => this.lent(tuple));
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
    return this.#states.bytes + this.parts.bytes + (this.#least?.bytes ?? 0);
  }

  /** @returns The name of a settled VM's state; it is a new one if that was {@link count}. */
  intern(vm: Vm): number {
    return this.internTuple(this.parts.tupleOf(this.#freeze(vm)));
  }

  /** The same of a state whose parts are named. */
  internTuple(named: Tuple): number {
    const tuple = this.#standingFor(named);
    if (!this.#form.put(tuple)) this.#refit(tuple);
    return this.#states.intern(this.#form.left, this.#form.right);
  }

  /** The names of a state's parts. */
  tupleOf(name: number): Tuple {
    return this.#form.get(this.#states.left(name), this.#states.right(name));
  }

  /** The state that stands for all that are taken for one with it. */
  #standingFor(tuple: Tuple): Tuple {
    if (this.#least !== null) return this.#least.of(tuple);
    return this.#symmetric ? this.#inOrder(tuple) : tuple;
  }

  /** The same state with its vCPUs in the order of the names of their parts. */
  #inOrder(tuple: Tuple): Tuple {
    const oracle = oraclePlace(this.#vcpus);
    const [ofAll, ...memories] = this.parts.oracleParts(tuple[oracle] as number);
    const vcpus = Array.from({ length: this.#vcpus }, (_, vcpu) => ({
      parts: tuple.slice(placeOf(vcpu, CORE), placeOf(vcpu + 1, CORE)),
      memory: memories[vcpu] as number,
    }));
    const isInOrder = vcpus.every(
      (vcpu, i) => i === 0 || compared(vcpus[i - 1] as OneVcpu, vcpu) <= 0,
    );
    if (isInOrder) return tuple;
    vcpus.sort(compared);
    const sorted = tuple.slice();
    for (const [vcpu, { parts }] of vcpus.entries()) sorted.set(parts, placeOf(vcpu, CORE));
    const named = vcpus.map(({ memory }) => memory);
    sorted[oracle] = this.parts.internOracle([ofAll as number, ...named]);
    return sorted;
  }

  /** Goes on in a form with room for a tuple that does not fit; and puts it. */
  #refit(tuple: Tuple): void {
    const [form, states] = [this.#form, this.#states];
    const most = tuple.slice();
    for (let state = 0; state < states.count; state += 1) {
      const kept = form.get(states.left(state), states.right(state));
      for (let place = 0; place < most.length; place += 1) {
        most[place] = Math.max(most[place] as number, kept[place] as number);
      }
    }
    const next = PackedForm.for(most) ?? new TreeForm(this.parts, this.#vcpus);
    states.replace((left, right) => {
      next.put(form.get(left, right));
      return [next.left, next.right];
    });
    next.put(tuple);
    this.#form = next;
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
  lent(tuple: Tuple): OpenedVm {
    if (this.#vessel === null) this.#vessel = this.open(tuple);
    else this.reopen(this.#vessel, tuple);
    return this.#vessel;
  }

  /** A state as one that is kept by itself. */
  get(name: number): FrozenVm {
    return freezeVm(this.open(this.tupleOf(name)).vm);
  }
}

/** A vCPU of a state: the names of its parts, and of what the oracle remembers of it. */
interface OneVcpu {
  readonly parts: Tuple;
  readonly memory: number;
}

function compared(one: OneVcpu, other: OneVcpu): number {
  for (const [place, name] of one.parts.entries()) {
    const beside = other.parts[place] as number;
    if (name !== beside) return name - beside;
  }
  return one.memory - other.memory;
}
