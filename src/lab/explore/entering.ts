import { BOARD, CORE, MEMORY, placeOf } from '../../mmu/index.js';
import type { States } from './store/states.js';
import type { Tuple } from './store/tuple.js';

/** Bytes of an answer that is kept, by a rough count. */
const PAIR_BYTES = 64;

/**
 * Tells whether an entry did no more than enter: KVM serviced what was pending, and nothing changed
 * that a refusal, the oracle or the guest looks at. Then a command from there is the whole command.
 */
export class Entering {
  readonly #states: States;
  #pairs = 0;
  /** By the names of a core before and after. */
  readonly #known = new Map<number, Map<number, boolean>>();

  constructor(states: States) {
    this.#states = states;
  }

  get bytes(): number {
    return PAIR_BYTES * this.#pairs;
  }

  /** @param vcpu The one that entered, or stayed in the guest. */
  isMere(before: Tuple, after: Tuple, vcpu: number): boolean {
    const oracle = before.length - 1;
    const isSame = (place: number) => before[place] === after[place];
    if (!isSame(BOARD) || !isSame(MEMORY) || !isSame(oracle)) return false;
    const place = placeOf(vcpu, CORE);
    const [from, to] = [before[place] as number, after[place] as number];
    const known = this.#known.get(from) ?? new Map<number, boolean>();
    this.#known.set(from, known);
    const kept = known.get(to);
    if (kept !== undefined) return kept;
    const answer = this.#isMereFor(before, after, vcpu);
    known.set(to, answer);
    this.#pairs += 1;
    return answer;
  }

  #isMereFor(before: Tuple, after: Tuple, vcpu: number): boolean {
    const [a, b] = [before, after].map((tuple) => this.#states.open(tuple).vm.vcpus[vcpu]);
    if (a === undefined || b === undefined || b.mode !== 'guest') return false;
    const [one, other] = [a, b].map(({ regs, nested, smm, initPending }) =>
      JSON.stringify([regs, nested, nested.currentVmcs?.gpa, smm, initPending]),
    );
    return one === other;
  }
}
