import { type Futures, OracleForgot, pagesInOrder, settle } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import { futuresOf, isSymmetric } from './alphabet.js';
import type { Edge, End, Explored, Progress } from './explored.js';
import { Family } from './family.js';
import { type Guise, Guises } from './guises.js';
import type { Limits } from './limits.js';
import { type Finding, type Setting, startedVm } from './machine.js';
import type { Property } from './property.js';
import { checkSetting } from './setting-flaw.js';
import { States } from './store/states.js';
import type { Tuple } from './store/tuple.js';
import { type Followed, Successors } from './successors.js';
import { swapsOf } from './swaps.js';
import { saidAfter, wayTo } from './way.js';

/**
 * A search through every state that a machine can come to, breadth first: what it finds first is
 * found in as few commands as can be. It runs in slices, so that others get their turns.
 */
export class Exploration {
  readonly states: States;
  readonly futures: Futures;
  readonly #setting: Setting;
  readonly #limits: Limits;
  readonly #onEdge: ((edge: Edge) => void) | null;
  readonly #family = new Family();
  readonly #isSymmetric: boolean;
  readonly #found: number[] = [1];
  readonly #successors: Successors;
  readonly #guises: Guises;
  /** Properties that have not failed: of the others nothing is left to learn. */
  #unrefuted: readonly Property[];
  readonly #failed = new Map<string, { says: string; at: number; isState: boolean }>();
  #next = 0;
  /** States up to which depth is that of `#found`'s last item but one. */
  #levelEnd = 0;
  #transitions = 0;
  #refused = 0;
  #undecided = 0;
  #end: End | null = null;

  /** @param onEdge Is told of every transition, in order; null if nobody is. */
  constructor(setting: Setting, limits: Limits, onEdge: ((edge: Edge) => void) | null = null) {
    const { config, alphabet } = setting;
    checkSetting(setting, limits);
    const vm = startedVm(setting);
    this.#setting = setting;
    this.#limits = limits;
    this.#onEdge = onEdge;
    const tellsApart = setting.properties.some((one) => one.tellsApart);
    const isPlain = setting.isPlain !== undefined || tellsApart;
    const isByGuises = setting.isPlain === 'by-guises' && !tellsApart;
    this.#isSymmetric = !isPlain && isSymmetric(alphabet, config.vcpus);
    const pages = pagesInOrder(vm.memory.pages).map(([, words]) => words);
    this.futures = futuresOf(alphabet, vm.vcpus, pages);
    const swaps = isPlain && !isByGuises ? [] : swapsOf(setting, vm, this.futures);
    const merging = isPlain ? [] : swaps;
    this.states = new States(config, { symmetric: this.#isSymmetric, swaps: merging });
    this.#guises = new Guises(alphabet, this.states, isByGuises ? swaps : []);
    this.#successors = new Successors(setting, this.states, this.futures);
    this.#unrefuted = setting.properties;
    settle(vm, this.futures);
    this.#look(this.states.tupleOf(this.states.intern(vm)), 0);
  }

  /** Commands that were carried out in truth: the effects of all others followed from theirs. */
  get carriedOut(): number {
    return this.#successors.carriedOut;
  }

  get progress(): Progress {
    return {
      states: this.states.count,
      expanded: this.#next,
      transitions: this.#transitions,
      refused: this.#refused,
      depth: this.#found.length - (this.#found.at(-1) === 0 ? 2 : 1),
      bytes: this.#bytes(),
    };
  }

  /**
   * Expands some more states.
   *
   * @param count States in this slice.
   * @returns Whether the search is over.
   */
  advance(count: number): boolean {
    for (let left = count; left > 0 && this.#end === null; left -= 1) {
      this.#end = this.#stop();
      if (this.#end === null) this.#expand();
    }
    return this.#end !== null;
  }

  /** The findings so far; complete once the search is over. */
  result(): Explored {
    const end = this.#end ?? 'states';
    const counterexamples = [...this.#failed].map(([property, { says, at, isState }]) => {
      const commands = this.#shortestTo(property, at, isState);
      return { property, says: saidAfter(this.#setting, commands, property) ?? says, commands };
    });
    const { stateBytes, count } = this.states;
    return {
      ...this.progress,
      end,
      isExhaustive: end === 'exhausted',
      found: this.#found.filter((states) => states > 0),
      undecided: this.#undecided,
      bytesPerState: (stateBytes + this.#family.bytes) / count,
      isSymmetric: this.#isSymmetric,
      counterexamples,
    };
  }

  #stop(): End | null {
    const { depth, states, bytes } = this.#limits;
    const { properties } = this.#setting;
    if (properties.length > 0 && this.#failed.size === properties.length) return 'refuted';
    if (this.#next === this.states.count) return 'exhausted';
    if (this.#next === this.#levelEnd) {
      if (this.#found.length > depth) return 'depth';
      this.#levelEnd = this.states.count;
      this.#found.push(0);
    }
    if (this.states.count >= states) return 'states';
    const left = bytes - this.states.bytes - this.#family.bytes;
    return this.#successors.fitInto(left, bytes) ? null : 'bytes';
  }

  #expand(): void {
    const from = this.#next;
    const guise = this.#guises.of(this.states.tupleOf(from));
    try {
      for (let command = 0; command < this.#setting.alphabet.length; command += 1) {
        const index = this.#guises.commandIn(guise, command);
        const followed = this.#successors.follow(guise.tuple, index, this.#unrefuted);
        for (const finding of followed.findings) this.#note(finding, from, false);
        this.#take(followed, { from, command, guise });
      }
    } catch (error) {
      if (!(error instanceof OracleForgot)) throw error;
      this.#end = 'oracle-forgot';
      return;
    }
    this.#family.closeParent();
    this.#next += 1;
  }

  #take(
    { effect }: Followed,
    { from, command, guise }: Omit<Edge, 'to'> & { readonly guise: Guise },
  ): void {
    if (effect === null) {
      this.#transitions += 1;
      this.#onEdge?.({ from, command, to: null });
      return;
    }
    if (effect.after === null) {
      this.#refused += 1;
      return;
    }
    this.#transitions += 1;
    this.#undecided += effect.undecided;
    const known = this.states.count;
    const to = this.states.internTuple(this.#guises.back(guise, effect.after));
    if (to === known) {
      this.#family.addChild();
      this.#found[this.#found.length - 1] = (this.#found.at(-1) as number) + 1;
      this.#look(effect.after, to);
    }
    this.#onEdge?.({ from, command, to });
  }

  #look(tuple: Tuple, state: number): void {
    const findings = this.#successors.look(tuple, this.#unrefuted);
    for (const finding of findings) this.#note(finding, state, true);
  }

  #bytes(): number {
    const known = this.#successors.bytes + this.#guises.bytes;
    return this.states.bytes + this.#family.bytes + known;
  }

  /** Keeps the first finding of each property, which is one of the shortest. */
  #note({ property, says }: Finding, at: number, isState: boolean): void {
    if (this.#failed.has(property)) return;
    this.#failed.set(property, { says, at, isState });
    this.#unrefuted = this.#unrefuted.filter(({ name }) => name !== property);
  }

  /** @param at State that is wrong itself, or in which a command was. */
  #shortestTo(property: string, at: number, isState: boolean): Command[] {
    const states: number[] = [];
    for (let state: number | null = at; state !== null; state = this.#family.parentOf(state, 1)) {
      states.unshift(state);
    }
    return wayTo(this.#setting, this, { states, property: isState ? null : property });
  }
}
