import type { Vcpu, Vm } from '../../mmu/index.js';
import type { Command, Outcome } from '../../mmu/schema/index.js';
import { stateClassOf } from './state-class.js';
import { commandClassOf, outcomeClassOf, type Triple, tripleKeyOf } from './triple.js';

/** Kinds of triples that are told apart; a further one is counted and not kept. */
export const TRIPLES_MAX = 10_000;

/** A triple that happened. */
export interface Happened {
  readonly triple: Triple;
  times: number;
  /** Number of the first command of its kind. */
  readonly first: number;
}

/** Counts triples. */
export class Tally {
  readonly #happened = new Map<string, Happened>();
  #leftOut = 0;

  /** By {@link tripleKeyOf}, in the order in which they happened first. */
  get happened(): ReadonlyMap<string, Happened> {
    return this.#happened;
  }

  /** Commands that came when {@link TRIPLES_MAX} triples were known, and were none of them. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /**
   * Begins to count a command, before it has changed anything.
   *
   * @param number Number of the command.
   * @returns Takes its outcome, and counts it. Whether it is the first of its kind.
   */
  begin(vm: Vm, command: Command, number: number): (outcome: Outcome) => boolean {
    const state = stateClassOf(vm, vm.vcpus[command.vcpu] as Vcpu);
    return (outcome) =>
      this.#add(
        { state, command: commandClassOf(command), outcome: outcomeClassOf(outcome) },
        number,
      );
  }

  #add(triple: Triple, number: number): boolean {
    const key = tripleKeyOf(triple);
    const known = this.#happened.get(key);
    if (known !== undefined) {
      known.times += 1;
      return false;
    }
    if (this.#happened.size >= TRIPLES_MAX) {
      this.#leftOut += 1;
      return false;
    }
    this.#happened.set(key, { triple, times: 1, first: number });
    return true;
  }
}
