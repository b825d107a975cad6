/** A reference to a part among the components. */
export interface Reference {
  readonly $ref: string;
}

interface Noted {
  readonly part: object;
  readonly name: string;
  /** The operation that has it first. */
  readonly operationId: string;
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

  /** @param name Name of the part, unless another part of that name has more uses. */
  note(part: object, name: string, operationId: string): void {
    const noted = this.#noted.get(JSON.stringify(part));
    if (noted !== undefined) noted.uses += 1;
    else this.#noted.set(JSON.stringify(part), { part, name, operationId, uses: 1 });
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
    for (const [text, { name, operationId }] of shared.sort(([, a], [, b]) => b.uses - a.uses)) {
      const free = taken.has(name) ? `${name}Of${capital(operationId)}` : name;
      taken.add(free);
      names.set(text, free);
    }
    return names;
  }
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
