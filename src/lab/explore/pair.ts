import { thawVm, type Vm } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import { Family } from './family.js';
import type { Limits } from './limits.js';
import type { Setting } from './machine.js';
import { type ComparedBy, differenceOf, done, isAlike } from './pair-difference.js';
import { named, type Side, sideOf, stateAfter } from './pair-side.js';
import { checkSetting } from './setting-flaw.js';
import { Pairs } from './store/pairs.js';

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
    const left = this.#limits.bytes - this.#storeBytes();
    const fits = this.#sides.every(({ successors }) =>
      successors.fitInto(left / 2, this.#limits.bytes / 2),
    );
    return fits ? null : 'bytes';
  }

  #expand(): void {
    const from = this.#next;
    const [one, other] = this.#sides;
    const [a, b] = [this.#pairs.left(from), this.#pairs.right(from)];
    const [left, right] = [one.states.tupleOf(a), other.states.tupleOf(b)];
    for (const [index, command] of this.#setting.alphabet.entries()) {
      const x = one.successors.follow(left, index, []);
      const y = other.successors.follow(right, index, []);
      if (!isAlike(x, y, this.#setting.comparison)) {
        this.#parted = { at: from, command, says: this.#saidOf(from, command) };
        return;
      }
      this.#transitions += 1;
      const known = this.#pairs.count;
      const to = this.#pairs.intern(stateAfter(one, a, x), stateAfter(other, b, y));
      if (to === known) this.#family.addChild();
    }
    this.#family.closeParent();
    this.#next += 1;
  }

  /** The difference in words, by VMs that are made as a whole. @throws If an assertion fails. */
  #saidOf(pair: number, command: Command): string {
    const [a, b] = this.#vmsOf(pair);
    const says = differenceOf(done(a, command), done(b, command), this.#setting.comparison);
    if (says === null) throw new Error('Two machines part, and nothing differs');
    return says;
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
    return this.#sides.reduce((sum, { successors }) => sum + successors.bytes, this.#storeBytes());
  }

  #storeBytes(): number {
    const states = this.#sides.reduce((sum, side) => sum + side.states.bytes, 0);
    return states + this.#pairs.bytes + this.#family.bytes;
  }
}
