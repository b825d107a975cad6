import {
  BOARD,
  CORE,
  GUEST_MMU,
  MEMORY,
  oraclePlace,
  placeOf,
  ROOT_MMU,
  SHADOW,
  TLB,
} from '../../../mmu/index.js';
import type { Parts } from './parts.js';
import type { StateForm } from './state-form.js';
import type { Tuple } from './tuple.js';

/**
 * States as trees of pairs over the names of their parts, whose branches are kept once: names may be
 * of any size. Two states that differ in one part share all other branches.
 */
export class TreeForm implements StateForm {
  left = 0;
  right = 0;
  readonly #parts: Parts;
  readonly #vcpus: number;

  constructor(parts: Parts, vcpus: number) {
    this.#parts = parts;
    this.#vcpus = vcpus;
  }

  put(tuple: Tuple): true {
    const { branches } = this.#parts;
    const memories = this.#parts.oracleParts(tuple[oraclePlace(this.#vcpus)] as number);
    const perVcpu: number[] = [];
    for (let vcpu = 0; vcpu < this.#vcpus; vcpu += 1) {
      const at = placeOf(vcpu, CORE);
      const core = branches.intern(tuple[at + CORE] as number, tuple[at + TLB] as number);
      const mmus = branches.intern(tuple[at + ROOT_MMU] as number, tuple[at + GUEST_MMU] as number);
      const rest = branches.intern(mmus, memories[1 + vcpu] as number);
      perVcpu.push(branches.intern(core, rest));
    }
    const board = branches.intern(tuple[BOARD] as number, memories[0] as number);
    this.left = branches.intern(tuple[MEMORY] as number, this.#parts.tree(perVcpu));
    this.right = branches.intern(board, tuple[SHADOW] as number);
    return true;
  }

  get(left: number, right: number): Tuple {
    const { branches } = this.#parts;
    const board = branches.left(right);
    const tuple = new Uint32Array(oraclePlace(this.#vcpus) + 1);
    tuple[BOARD] = branches.left(board);
    tuple[MEMORY] = branches.left(left);
    tuple[SHADOW] = branches.right(right);
    const memories = [branches.right(board)];
    const ofVcpus = this.#parts.leaves(branches.right(left), this.#vcpus);
    for (const [vcpu, branch] of ofVcpus.entries()) {
      const core = branches.left(branch);
      const rest = branches.right(branch);
      const mmus = branches.left(rest);
      tuple[placeOf(vcpu, CORE)] = branches.left(core);
      tuple[placeOf(vcpu, TLB)] = branches.right(core);
      tuple[placeOf(vcpu, ROOT_MMU)] = branches.left(mmus);
      tuple[placeOf(vcpu, GUEST_MMU)] = branches.right(mmus);
      memories.push(branches.right(rest));
    }
    tuple[oraclePlace(this.#vcpus)] = this.#parts.internOracle(memories);
    return tuple;
  }
}
