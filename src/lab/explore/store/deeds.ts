import { Memo } from './memo.js';
import { Pairs } from './pairs.js';
import type { Tuple } from './tuple.js';

/** The answer of a command, and the work that it made. */
export interface Answer {
  /** The outcome, or the words of a refusal. */
  readonly words: string;
  /** Counts of KVM's work, of one vCPU after the other. */
  readonly costs: readonly number[];
}

/** A command without the oracle: what became of the parts, and what the oracle heard of it. */
interface Deed {
  /** Places of the parts that changed, each before its new name. */
  readonly changes: readonly number[];
  readonly answer: Answer;
  /** Null if the vCPU could not take the command. */
  readonly story: number | null;
  /** Places of what an oracle may look at and the story does not tell. */
  readonly untold: readonly number[];
}

/** The end of a command. */
export interface Effect {
  /**
   * Null if the vCPU could not take the command, and nothing has changed. It is lent until the next
   * effect is looked for.
   */
  readonly after: Tuple | null;
  readonly answer: Answer;
  /** Uses that could not be judged. */
  readonly undecided: number;
  /** Uses that were judged to be wrong, of each vCPU. */
  readonly violations: string;
}

/** Bytes of what is kept beside typed arrays, by a rough count. */
const DEED_BYTES = 160;
const STORY_BYTES = 80;
const VERDICT_BYTES = 24;

/**
 * The effects of commands, as far as they are known. The oracle listens and never speaks: so a
 * command is known in two halves, by the parts of a state that it turns on, and by what the oracle
 * heard of it.
 */
export class Deeds {
  readonly #byParts = new Memo();
  readonly #deeds: Deed[] = [];
  readonly #stories = new Map<string, number>();
  /** A story, by twice its number, with the names of what the oracle may have seen besides. */
  readonly #scenes = new Pairs();
  /** Such a scene with an oracle, and what became of that. */
  readonly #heard = new Pairs();
  readonly #oracles: number[] = [];
  readonly #undecided: number[] = [];
  readonly #violations: string[] = [];
  #textBytes = 0;
  readonly #oraclePlace: number;
  readonly #seen: readonly number[];
  readonly #after: Tuple;

  /** @param seen Places of the parts that an oracle may look at. */
  constructor({ oraclePlace, seen }: { oraclePlace: number; seen: readonly number[] }) {
    this.#oraclePlace = oraclePlace;
    this.#seen = seen;
    this.#after = new Uint32Array(oraclePlace + 1);
  }

  get bytes(): number {
    const objects = DEED_BYTES * this.#deeds.length + STORY_BYTES * this.#stories.size;
    const verdicts = VERDICT_BYTES * this.#oracles.length;
    const tables = this.#byParts.bytes + this.#scenes.bytes + this.#heard.bytes;
    return objects + this.#textBytes + verdicts + tables;
  }

  /** The effect of a command on a state; null if it is not known. */
  find(command: number, before: Tuple): Effect | null {
    const known = this.#byParts.find(command, before);
    if (known === -1) return null;
    const deed = this.#deeds[known] as Deed;
    const { changes, story, answer } = deed;
    if (story === null) return refusedWith(answer);
    const heard = this.#find(deed, story, before);
    if (heard === -1) return null;
    const after = this.#after;
    // A tuple is so short that this is faster than to copy it as a whole.
    for (let place = 0; place < after.length; place += 1) after[place] = before[place] as number;
    for (let i = 0; i < changes.length; i += 2) {
      after[changes[i] as number] = changes[i + 1] as number;
    }
    after[this.#oraclePlace] = this.#oracles[heard] as number;
    const undecided = this.#undecided[heard] as number;
    return { after, answer, undecided, violations: this.#violations[heard] as string };
  }

  /**
   * Keeps an effect that was not known.
   *
   * @param asked Places of the parts on which it turned, but for the oracle.
   * @param story All that the oracle heard.
   */
  keep(
    command: number,
    before: Tuple,
    { asked, story }: { asked: readonly number[]; story: string },
    { after, answer, undecided, violations }: Effect,
  ): void {
    let known = this.#byParts.find(command, before);
    if (known === -1) {
      known = this.#deeds.length;
      this.#byParts.keep(command, asked, before, known);
      const changes = after === null ? [] : this.#changes(before, after);
      const name = after === null ? null : this.#nameOf(story);
      const untold = this.#seen.filter((place) => !asked.includes(place));
      this.#deeds.push({ changes, answer, story: name, untold });
      this.#textBytes += answer.words.length + 8 * answer.costs.length;
    }
    const deed = this.#deeds[known] as Deed;
    if (after === null || deed.story === null) return;
    const heard = this.#intern(deed, deed.story, before);
    this.#oracles[heard] = after[this.#oraclePlace] as number;
    this.#undecided[heard] = undecided;
    this.#violations[heard] = violations;
  }

  #find({ untold }: Deed, story: number, before: Tuple): number {
    let name = 2 * story;
    for (let i = 0; i < untold.length; i += 1) {
      name = this.#scenes.find(name, before[untold[i] as number] as number);
      if (name === -1) return -1;
      name = 2 * name + 1;
    }
    return this.#heard.find(name, before[this.#oraclePlace] as number);
  }

  #intern({ untold }: Deed, story: number, before: Tuple): number {
    let name = 2 * story;
    for (const place of untold) {
      name = 2 * this.#scenes.intern(name, before[place] as number) + 1;
    }
    return this.#heard.intern(name, before[this.#oraclePlace] as number);
  }

  #nameOf(story: string): number {
    const known = this.#stories.get(story);
    if (known !== undefined) return known;
    const name = this.#stories.size;
    this.#stories.set(story, name);
    this.#textBytes += story.length;
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

/** The end of a command that a vCPU could not take. */
export function refusedWith(answer: Answer): Effect {
  return { after: null, answer, undecided: 0, violations: '' };
}
