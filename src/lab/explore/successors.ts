import {
  createVm,
  entersFirst,
  type Futures,
  type OpenedVm,
  oraclePlace,
  settleOpened,
} from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import { answerOf, isClean, violationsOf } from './answer.js';
import { Entering } from './entering.js';
import { attempt, type Finding, type Setting, saidOr, undecidedIn } from './machine.js';
import type { Property } from './property.js';
import { Deeds, type Effect, refusedWith } from './store/deeds.js';
import { Memo } from './store/memo.js';
import { Renaming } from './store/renaming.js';
import type { States } from './store/states.js';
import type { Tuple } from './store/tuple.js';

/** The state after an entry, and the costs of that. */
interface Entered {
  readonly after: Tuple;
  readonly costs: readonly number[];
}

/** The end of a command that was tried in a state. */
export interface Followed {
  /** Null if an assertion failed. */
  readonly effect: Effect | null;
  readonly findings: readonly Finding[];
  /** The costs of an entry that came before and is not in the effect; null if there was none. */
  readonly entry: readonly number[] | null;
}

/** Parts of the memory in which effects of commands may be kept, and must be. */
const KNOWN_MOST = 0.25;
const KNOWN_LEAST = 1 / 32;

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
  /** The properties of the last command: most often those of the next one. */
  #asked: { readonly properties: readonly Property[]; readonly areContent: boolean } = {
    ...{ properties: [], areContent: true },
  };
  #vessel: OpenedVm | null = null;
  /** Commands of the alphabet, then an entry of each vCPU. */
  readonly #commands: readonly Command[];
  readonly #entersFirst: readonly boolean[];
  readonly #entering: Entering;
  readonly #lastEntered: { readonly before: Tuple; readonly mere: Entered | null }[] = [];

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
    return this.#deeds.bytes + this.#looks.bytes + this.#entering.bytes;
  }

  #newDeeds(): Deeds {
    return new Deeds({ oraclePlace: this.#oraclePlace, seen: this.#renaming.seen });
  }

  /**
   * Keeps what is known within its part of the memory: it forgets all, which can be worked out again.
   *
   * @param left Bytes that nothing else takes.
   * @param bytes Bytes in all.
   * @returns Whether there is room for what has to be known.
   */
  fitInto(left: number, bytes: number): boolean {
    if (left < bytes * KNOWN_LEAST) return false;
    if (this.bytes > Math.min(left, bytes * KNOWN_MOST)) {
      this.#deeds = this.#newDeeds();
      this.#looks = new Memo();
    }
    return true;
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
    const isSplit = this.#entersFirst[command] === true && this.#areContent(properties);
    const entered = isSplit ? this.#entered(before, vcpu, properties) : null;
    return this.#do(entered?.after ?? before, command, properties, entered?.costs ?? null);
  }

  /** Whether all properties take a command that is split in two for the whole. */
  #areContent(properties: readonly Property[]): boolean {
    if (this.#asked.properties !== properties) {
      this.#asked = { properties, areContent: properties.every(isContent) };
    }
    return this.#asked.areContent;
  }

  /**
   * The state in which a command that enters first finds the guest; null if it has to be carried out
   * as a whole. All commands share the way there: it is that of the command "enter".
   */
  #entered(before: Tuple, vcpu: number, properties: readonly Property[]): Entered | null {
    const last = this.#lastEntered[vcpu];
    if (last?.before === before) return last.mere;
    const { effect, findings } = this.#do(before, this.#setting.alphabet.length + vcpu, properties);
    const mere = findings.length === 0 ? this.#mereIn(before, effect, vcpu) : null;
    this.#lastEntered[vcpu] = { before, mere };
    return mere;
  }

  #mereIn(before: Tuple, effect: Effect | null, vcpu: number): Entered | null {
    const after = effect?.after ?? null;
    if (effect === null || after === null) return null;
    if (effect.undecided > 0 || !isClean(effect.violations)) return null;
    if (!this.#entering.isMere(before, after, vcpu)) return null;
    // The tuple of an effect is lent.
    return { after: after.slice(), costs: effect.answer.costs };
  }

  /** @param entry The costs of an entry that came before. */
  #do(
    before: Tuple,
    command: number,
    properties: readonly Property[],
    entry: Followed['entry'] = null,
  ): Followed {
    const known = this.#deeds.find(command, before);
    if (known !== null) return { effect: known, findings: NONE, entry };
    return { ...this.#carryOut(before, command, properties), entry };
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

  #carryOut(
    before: Tuple,
    index: number,
    properties: readonly Property[],
  ): Omit<Followed, 'entry'> {
    this.#carriedOut += 1;
    const opened = this.#opened(before);
    const told = this.#renaming.listen(opened, before);
    const command = this.#commands[index] as Command;
    const { findings, outcome, refusal } = attempt(opened.vm, command, properties, {
      seen: opened.seen,
    });
    // What a property saw of the oracle is no part of what a command turns on.
    const isKept = findings.length === 0 && !opened.wasOracleSeen;
    const { asked } = opened;
    if (outcome === null) {
      if (refusal === null) return { effect: null, findings };
      const effect = refusedWith({ words: refusal, costs: [] });
      if (isKept) this.#deeds.keep(index, before, { asked, story: '' }, effect);
      return { effect, findings };
    }
    const answer = answerOf(opened, outcome);
    const undecided = undecidedIn(opened.vm);
    const violations = violationsOf(opened);
    settleOpened(opened, this.#futures);
    const after = this.#renaming.tupleOf(opened, before);
    const effect = { after, answer, undecided, violations };
    if (isKept) {
      const around = this.#renaming.seen.filter((place) => asked.includes(place));
      const changes = around.map((place) => `${place} ${before[place]} ${after[place]}`);
      const story = [index, answer.words, ...changes, ...told].join('\n');
      this.#deeds.keep(index, before, { asked, story }, effect);
    }
    return { effect, findings };
  }
}

const NONE: readonly Finding[] = [];

/** Whether a property takes a command that is split in two for the whole. */
function isContent({ watch, isByOracle }: Property): boolean {
  return watch === undefined || isByOracle === true;
}

/** Looks that a property may have. */
const LOOKS_MAX = 64;
