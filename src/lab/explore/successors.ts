import {
  createVm,
  entersFirst,
  type Futures,
  type OpenedVm,
  oraclePlace,
  settleOpened,
} from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import { Entering } from './entering.js';
import { attempt, type Finding, type Setting, saidOr, undecidedIn } from './machine.js';
import type { Property } from './property.js';
import { Deeds, type Effect } from './store/deeds.js';
import { Memo } from './store/memo.js';
import { Renaming } from './store/renaming.js';
import type { States } from './store/states.js';
import type { Tuple } from './store/tuple.js';

/** The end of a command that was tried in a state. */
export interface Followed {
  /** Null if the vCPU could not take it, and nothing has changed; and if an assertion failed. */
  readonly effect: Effect | null;
  readonly findings: readonly Finding[];
  /** Whether an assertion failed. */
  readonly isBroken: boolean;
}

const REFUSED: Followed = { effect: null, findings: [], isBroken: false };

/**
 * Carries commands out on states. Few of them are carried out in truth: a command turns on some parts
 * of a state, and what it did to those it does again, whatever the others are. Nobody declares which
 * parts these are: they are those that were asked for.
 *
 * A command is followed only where no property objected when it was carried out; else it is carried
 * out again.
 */
export class Successors {
  readonly #setting: Setting;
  readonly #states: States;
  readonly #futures: Futures;
  readonly #renaming: Renaming;
  readonly #oraclePlace: number;
  #deeds: Deeds;
  /** Looks of properties that found nothing wrong. */
  #looks = new Memo();
  #carriedOut = 0;
  #vessel: OpenedVm | null = null;
  /** Commands of the alphabet, then an entry of each vCPU. */
  readonly #commands: readonly Command[];
  readonly #entersFirst: readonly boolean[];
  readonly #entering: Entering;
  readonly #lastEntered: { readonly before: Tuple; readonly after: Tuple | null }[] = [];

  constructor(setting: Setting, states: States, futures: Futures) {
    const { config, alphabet } = setting;
    const { vcpus } = config;
    const entries = Array.from({ length: vcpus }, (_, vcpu) => ({ kind: 'enter', vcpu }) as const);
    this.#commands = [...alphabet, ...entries];
    const vm = createVm(config);
    this.#entersFirst = alphabet.map((command) => entersFirst(vm, command));
    this.#entering = new Entering(states);
    this.#setting = setting;
    this.#states = states;
    this.#futures = futures;
    this.#renaming = new Renaming(states.parts, vcpus);
    this.#oraclePlace = oraclePlace(vcpus);
    this.#deeds = this.#newDeeds();
  }

  /** Commands that were carried out in truth. */
  get carriedOut(): number {
    return this.#carriedOut;
  }

  get bytes(): number {
    return this.#deeds.bytes + this.#looks.bytes;
  }

  #newDeeds(): Deeds {
    return new Deeds({ oraclePlace: this.#oraclePlace, seen: this.#renaming.seen });
  }

  /** Forgets what is known, which can all be worked out again. */
  forget(): void {
    this.#deeds = this.#newDeeds();
    this.#looks = new Memo();
  }

  /**
   * Tries a command in a state.
   *
   * @param command Index into the alphabet.
   * @param properties Those that may object; the others have done so already.
   * @throws {OracleForgot} If the oracle met a bound of its own.
   */
  follow(before: Tuple, command: number, properties: readonly Property[]): Followed {
    const { vcpu } = this.#setting.alphabet[command] as Command;
    const isSplit = this.#entersFirst[command] === true && properties.every(isContent);
    const entered = isSplit ? this.#entered(before, vcpu, properties) : null;
    return this.#do(entered ?? before, command, properties);
  }

  /**
   * The state in which a command that enters first finds the guest; null if it has to be carried out
   * as a whole. All commands share the way there: it is that of the command "enter".
   */
  #entered(before: Tuple, vcpu: number, properties: readonly Property[]): Tuple | null {
    const last = this.#lastEntered[vcpu];
    if (last?.before === before) return last.after;
    const { effect, findings } = this.#do(before, this.#setting.alphabet.length + vcpu, properties);
    const isKnown = effect !== null && findings.length === 0 && effect.undecided === 0;
    const after =
      isKnown && this.#entering.isMere(before, effect.after, vcpu) ? effect.after : null;
    this.#lastEntered[vcpu] = { before, after };
    return after;
  }

  #do(before: Tuple, command: number, properties: readonly Property[]): Followed {
    const known = this.#deeds.find(command, before);
    if (known === undefined) return this.#carryOut(before, command, properties);
    return known === null ? REFUSED : { effect: known, findings: [], isBroken: false };
  }

  /** The objections of properties to a state that is reached for the first time. */
  look(tuple: Tuple, properties: readonly Property[]): Finding[] {
    return properties.flatMap((property) => {
      const says = this.#lookFor(tuple, property);
      return says === null ? [] : [{ property: property.name, says }];
    });
  }

  #lookFor(tuple: Tuple, property: Property): string | null {
    const first = LOOKS_MAX * this.#setting.properties.indexOf(property);
    for (const [i, look] of (property.looks ?? []).entries()) {
      if (this.#looks.find(first + i, tuple) !== -1) continue;
      const opened = this.#opened(tuple);
      const says = saidOr(() => look(opened.vm));
      if (says !== null) return says;
      const { asked, wasOracleAsked } = opened;
      const places = wasOracleAsked ? [...asked, this.#oraclePlace] : asked;
      this.#looks.keep(first + i, places, tuple, 0);
    }
    return null;
  }

  /** The one VM on which commands are carried out, in a state. */
  #opened(tuple: Tuple): OpenedVm {
    if (this.#vessel === null) this.#vessel = this.#states.open(tuple);
    else this.#states.reopen(this.#vessel, tuple);
    return this.#vessel;
  }

  #carryOut(before: Tuple, index: number, properties: readonly Property[]): Followed {
    this.#carriedOut += 1;
    const opened = this.#opened(before);
    const told = this.#renaming.listen(opened, before);
    const command = this.#commands[index] as Command;
    const { findings, outcome, isBroken } = attempt(opened.vm, command, properties, {
      seen: opened.seen,
    });
    // What a property saw of the oracle is no part of what a command turns on.
    const isKept = findings.length === 0 && !opened.wasOracleSeen;
    const { asked } = opened;
    if (outcome === null) {
      if (isKept) this.#deeds.keep(index, before, { asked, story: '' }, null);
      return { effect: null, findings, isBroken };
    }
    const undecided = undecidedIn(opened.vm);
    settleOpened(opened, this.#futures);
    const after = this.#renaming.tupleOf(opened, before);
    const effect = { after, undecided };
    if (isKept) {
      const around = this.#renaming.seen.filter((place) => asked.includes(place));
      const changes = around.map((place) => `${place} ${before[place]} ${after[place]}`);
      const story = [index, JSON.stringify(outcome), ...changes, ...told].join('\n');
      this.#deeds.keep(index, before, { asked, story }, effect);
    }
    return { effect, findings, isBroken };
  }
}

/** Whether a property takes a command that is split in two for the whole. */
function isContent({ watch, isByOracle }: Property): boolean {
  return watch === undefined || isByOracle === true;
}

/** Looks that a property may have. */
const LOOKS_MAX = 64;
