import assert from 'node:assert/strict';

/** A reference to a part among the components. */
export interface Reference {
  readonly $ref: string;
}

/** Name of a part, and another one for when a part with more uses has the first. */
export type Names = readonly [name: string, otherwise: string];

interface Noted {
  readonly part: object;
  readonly names: Names;
  uses: number;
}

/**
 * Parts that are written once, in one section of the components, and referred to. All parts are
 * noted before the first is placed.
 */
export class SharedParts {
  readonly #section: string;
  readonly #isShared: (part: object, uses: number) => boolean;
  readonly #noted = new Map<string, Noted>();
  #names: ReadonlyMap<string, string> | null = null;

  /**
   * @param section Its name: `parameters`.
   * @param isShared Whether a part of so many uses belongs there; else it stays where it is.
   */
  constructor(section: string, isShared: (part: object, uses: number) => boolean) {
    this.#section = section;
    this.#isShared = isShared;
  }

  /** Counts a use of a part; its names are those of the first use. */
  note(part: object, names: Names): void {
    const noted = this.#noted.get(JSON.stringify(part));
    if (noted !== undefined) noted.uses += 1;
    else this.#noted.set(JSON.stringify(part), { part, names, uses: 1 });
  }

  /** The reference that stands for a part, or the part itself. */
  placed<P extends object>(part: P): P | Reference {
    this.#names ??= this.#named();
    const name = this.#names.get(JSON.stringify(part));
    return name === undefined ? part : { $ref: `#/components/${this.#section}/${name}` };
  }

  /** The section, in alphabetical order. */
  all(): Readonly<Record<string, object>> {
    this.#names ??= this.#named();
    const named = [...this.#names].map(([text, name]) => [name, this.#noted.get(text)?.part]);
    return Object.fromEntries(named.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
  }

  /** Names of the parts that are shared, by their text. */
  #named(): Map<string, string> {
    const names = new Map<string, string>();
    const taken = new Set<string>();
    const shared = [...this.#noted].filter(([, { part, uses }]) => this.#isShared(part, uses));
    for (const [text, { names: choice }] of shared.sort(([, a], [, b]) => b.uses - a.uses)) {
      const free = choice.find((name) => !taken.has(name));
      assert(free !== undefined, `Cannot share a part: both ${choice.join(' and ')} are taken`);
      taken.add(free);
      names.set(text, free);
    }
    return names;
  }
}
