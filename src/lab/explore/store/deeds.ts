import { Memo } from './memo.js';
import { Pairs } from './pairs.js';
import type { Tuple } from './tuple.js';

/** A command without the oracle: what became of the parts, and what the oracle heard of it. */
interface Deed {
  /** Places of the parts that changed, each before its new name. */
  readonly changes: readonly number[];
  /** Null if the vCPU could not take the command. */
  readonly story: number | null;
}

/** The end of a command that a vCPU took. */
export interface Effect {
  readonly after: Tuple;
  /** Uses that could not be judged. */
  readonly undecided: number;
}

/** Bytes of a deed, a story and an oracle's answer, by a rough count. */
const DEED_BYTES = 160;
const STORY_BYTES = 400;
const ANSWER_BYTES = 16;

/**
 * The effects of commands, as far as they are known. The oracle listens and never speaks: so a
 * command is known in two halves, by the parts of a state that it turns on, and by what the oracle
 * heard of it.
 */
export class Deeds {
  readonly #byParts = new Memo();
  readonly #deeds: Deed[] = [];
  readonly #stories = new Map<string, number>();
  /** A story with the names of what the oracle may have seen besides. */
  readonly #scenes = new Pairs();
  /** Such a scene with an oracle, and what became of that. */
  readonly #heard = new Pairs();
  readonly #oracles: number[] = [];
  readonly #undecided: number[] = [];
  readonly #oraclePlace: number;
  readonly #seen: readonly number[];

  /** @param seen Places of the parts that an oracle may look at. */
  constructor({ oraclePlace, seen }: { oraclePlace: number; seen: readonly number[] }) {
    this.#oraclePlace = oraclePlace;
    this.#seen = seen;
  }

  get bytes(): number {
    const kept = DEED_BYTES * this.#deeds.length + STORY_BYTES * this.#stories.size;
    return kept + ANSWER_BYTES * this.#oracles.length + this.#byParts.bytes + this.#heard.bytes;
  }

  /**
   * The effect of a command on a state; null if the vCPU cannot take it then, undefined if none of
   * that is known.
   */
  find(command: number, before: Tuple): Effect | null | undefined {
    const known = this.#byParts.find(command, before);
    if (known === -1) return undefined;
    const { changes, story } = this.#deeds[known] as Deed;
    if (story === null) return null;
    const heard = this.#find(story, before);
    if (heard === -1) return undefined;
    const after = before.slice();
    for (let i = 0; i < changes.length; i += 2) {
      after[changes[i] as number] = changes[i + 1] as number;
    }
    after[this.#oraclePlace] = this.#oracles[heard] as number;
    return { after, undecided: this.#undecided[heard] as number };
  }

  /**
   * Keeps an effect that was not known.
   *
   * @param asked Places of the parts on which it turned, but for the oracle.
   * @param story All that the oracle heard.
   * @param effect Null if the vCPU could not take the command.
   */
  keep(
    command: number,
    before: Tuple,
    { asked, story }: { asked: readonly number[]; story: string },
    effect: Effect | null,
  ): void {
    const name = effect === null ? null : this.#nameOf(story);
    if (this.#byParts.find(command, before) === -1) {
      this.#byParts.keep(command, asked, before, this.#deeds.length);
      const changes = effect === null ? [] : this.#changes(before, effect.after);
      this.#deeds.push({ changes, story: name });
    }
    if (effect === null || name === null) return;
    const heard = this.#intern(name, before);
    this.#oracles[heard] = effect.after[this.#oraclePlace] as number;
    this.#undecided[heard] = effect.undecided;
  }

  #find(story: number, before: Tuple): number {
    let name = story;
    for (const place of this.#seen) {
      name = this.#scenes.find(name, before[place] as number);
      if (name === -1) return -1;
    }
    return this.#heard.find(name, before[this.#oraclePlace] as number);
  }

  #intern(story: number, before: Tuple): number {
    let name = story;
    for (const place of this.#seen) name = this.#scenes.intern(name, before[place] as number);
    return this.#heard.intern(name, before[this.#oraclePlace] as number);
  }

  #nameOf(story: string): number {
    const name = this.#stories.get(story) ?? this.#stories.size;
    this.#stories.set(story, name);
    return name;
  }

  #changes(before: Tuple, after: Tuple): number[] {
    const changes: number[] = [];
    for (let place = 0; place < this.#oraclePlace; place += 1) {
      if (before[place] !== after[place]) changes.push(place, after[place] as number);
    }
    return changes;
  }
}
