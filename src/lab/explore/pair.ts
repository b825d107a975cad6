import { z } from 'zod';
import {
  CommandRefused,
  type Futures,
  pagesInOrder,
  settle,
  step,
  thawVm,
  type Vm,
} from '../../mmu/index.js';
import { type Command, Outcome } from '../../mmu/schema/index.js';
import { futuresOf } from './alphabet.js';
import { Family } from './family.js';
import type { Limits } from './limits.js';
import { type Setting, startedVm } from './machine.js';
import { checkSetting } from './setting-flaw.js';
import { Pairs } from './store/pairs.js';
import { States } from './store/states.js';

/** The ways to hold two machines against each other. */
export const COMPARISONS = {
  answers: 'the outcome of every command, and every violation',
  costs: 'that, and the work of KVM: roots loaded, syncs, flushes, exits',
} as const;
export type ComparedBy = keyof typeof COMPARISONS;

/** Two machines with one alphabet. */
export interface PairSetting {
  readonly one: Pick<Setting, 'config' | 'stage'>;
  readonly other: Pick<Setting, 'config' | 'stage'>;
  readonly alphabet: readonly Command[];
  readonly comparison: ComparedBy;
}

/** The shortest way to a difference. */
export interface Parting {
  readonly commands: readonly Command[];
  readonly says: string;
}

/** Everything that a comparison found. */
export interface Compared {
  readonly end: 'exhausted' | 'parted' | 'depth' | 'states' | 'bytes';
  readonly isExhaustive: boolean;
  /** States of the two together. */
  readonly pairs: number;
  readonly transitions: number;
  readonly depth: number;
  readonly bytes: number;
  readonly parting: Parting | null;
}

/** One of the two, with its states. */
interface Side {
  readonly config: Setting['config'];
  readonly states: States;
  readonly futures: Futures;
}

/**
 * Two machines in lock-step through every state that both together can come to, breadth first, until
 * they part: the first difference is found in as few commands as can be.
 */
export class PairExploration {
  readonly #setting: PairSetting;
  readonly #limits: Limits;
  readonly #sides: readonly [Side, Side];
  readonly #pairs = new Pairs();
  readonly #family = new Family();
  #next = 0;
  #levelEnd = 0;
  #depth = -1;
  #transitions = 0;
  #end: Compared['end'] | null = null;
  #parted: { readonly at: number; readonly command: Command; readonly says: string } | null = null;

  constructor(setting: PairSetting, limits: Limits) {
    const { one, other, alphabet } = setting;
    for (const side of [one, other]) checkSetting({ ...side, alphabet, properties: [] }, limits);
    this.#setting = setting;
    this.#limits = limits;
    const [first, second] = [sideOf(one, alphabet), sideOf(other, alphabet)];
    this.#sides = [first, second];
    this.#pairs.intern(0, 0);
  }

  get progress(): Pick<Compared, 'pairs' | 'transitions'> & { readonly expanded: number } {
    return { pairs: this.#pairs.count, transitions: this.#transitions, expanded: this.#next };
  }

  /** Expands some more pairs. @returns Whether the comparison is over. */
  advance(count: number): boolean {
    for (let left = count; left > 0 && this.#end === null; left -= 1) {
      this.#end = this.#stop();
      if (this.#end === null) this.#expand();
    }
    return this.#end !== null;
  }

  /** The findings so far; complete once the comparison is over. */
  result(): Compared {
    const end = this.#end ?? 'states';
    const parted = this.#parted;
    return {
      end,
      isExhaustive: end === 'exhausted',
      pairs: this.#pairs.count,
      transitions: this.#transitions,
      depth: this.#depth,
      bytes: this.#bytes(),
      parting:
        parted === null
          ? null
          : { commands: [...this.#wayTo(parted.at), parted.command], says: parted.says },
    };
  }

  #stop(): Compared['end'] | null {
    if (this.#parted !== null) return 'parted';
    if (this.#next === this.#pairs.count) return 'exhausted';
    if (this.#next === this.#levelEnd) {
      this.#depth += 1;
      if (this.#depth >= this.#limits.depth) return 'depth';
      this.#levelEnd = this.#pairs.count;
    }
    if (this.#pairs.count >= this.#limits.states) return 'states';
    return this.#bytes() > this.#limits.bytes ? 'bytes' : null;
  }

  #expand(): void {
    const from = this.#next;
    for (const command of this.#setting.alphabet) {
      const [a, b] = this.#vmsOf(from);
      const says = differenceOf(done(a, command), done(b, command), this.#setting.comparison);
      if (says !== null) {
        this.#parted = { at: from, command, says };
        return;
      }
      this.#transitions += 1;
      const known = this.#pairs.count;
      const [one, other] = this.#sides;
      if (this.#pairs.intern(named(one, a), named(other, b)) === known) this.#family.addChild();
    }
    this.#family.closeParent();
    this.#next += 1;
  }

  #vmsOf(pair: number): [Vm, Vm] {
    const [one, other] = this.#sides;
    return [
      thawVm(one.config, one.states.get(this.#pairs.left(pair))),
      thawVm(other.config, other.states.get(this.#pairs.right(pair))),
    ];
  }

  /** Commands that lead to a pair: it was found by the first command that leads there. */
  #wayTo(pair: number): Command[] {
    const parent = this.#family.parentOf(pair, 1);
    if (parent === null) return [];
    const [one, other] = this.#sides;
    const last = this.#setting.alphabet.find((command) => {
      const [a, b] = this.#vmsOf(parent);
      done(a, command);
      done(b, command);
      return this.#pairs.intern(named(one, a), named(other, b)) === pair;
    });
    return [...this.#wayTo(parent), last as Command];
  }

  #bytes(): number {
    const states = this.#sides.reduce((sum, side) => sum + side.states.bytes, 0);
    return states + this.#pairs.bytes + this.#family.bytes;
  }
}

function sideOf(machine: Pick<Setting, 'config' | 'stage'>, alphabet: readonly Command[]): Side {
  const { config } = machine;
  const vm = startedVm(machine);
  const pages = pagesInOrder(vm.memory.pages).map(([, words]) => words);
  const futures = futuresOf(alphabet, config, pages);
  // Which vCPU is which makes a difference between two machines.
  const side = { config, futures, states: new States(config, { symmetric: false }) };
  named(side, vm);
  return side;
}

/** The state of a VM, by its name; the VM is settled. */
function named({ states, futures }: Side, vm: Vm): number {
  settle(vm, futures);
  return states.intern(vm);
}

/** The end of a command on one machine, each part as a text to compare. */
interface Done {
  readonly answers: string;
  readonly costs: string;
}

function done(vm: Vm, command: Command): Done {
  try {
    const outcome = z.encode(Outcome, step(vm, command, null));
    const violations = vm.oracle?.vcpus.map((judged) => judged?.violations ?? 0);
    const costs = vm.vcpus.map(({ counters: { loaded, synced, tlbFlush, exits } }) => ({
      ...{ loaded, synced, tlbFlush, exits },
    }));
    return { answers: JSON.stringify({ outcome, violations }), costs: JSON.stringify(costs) };
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error;
    return { answers: error.message, costs: '' };
  }
}

function differenceOf(one: Done, other: Done, comparison: ComparedBy): string | null {
  if (one.answers !== other.answers) return `${one.answers} against ${other.answers}`;
  if (comparison === 'answers' || one.costs === other.costs) return null;
  return countsOf(one, other);
}

/** The counts that differ, of each vCPU. */
function countsOf(one: Done, other: Done): string {
  const [ones, others] = [one.costs, other.costs].map(
    (text) => JSON.parse(text) as Record<string, number>[],
  ) as [Record<string, number>[], Record<string, number>[]];
  const parts = ones.flatMap((counts, vcpu) =>
    Object.entries(counts).flatMap(([name, count]) => {
      const beside = others[vcpu]?.[name];
      return beside === count ? [] : [`${name} ${count} against ${beside}`];
    }),
  );
  return parts.join(', ');
}
