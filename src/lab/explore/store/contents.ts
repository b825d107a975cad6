import { Blocks } from './blocks.js';

/**
 * Contents of pages, each kept once. States that share a page share the very array, so that most are
 * known without a look inside.
 */
export class Contents<T extends Float64Array | Uint32Array> {
  readonly #blocks = new Blocks();
  readonly #arrays: T[] = [];
  readonly #names = new WeakMap<T, number>();

  /** Bytes of the arrays and of what finds them. */
  get bytes(): number {
    const [first] = this.#arrays;
    return this.#blocks.bytes + this.#arrays.length * (first?.byteLength ?? 0);
  }

  /** @param contents Never changes again. */
  intern(contents: T): number {
    const known = this.#names.get(contents);
    if (known !== undefined) return known;
    const name = this.#blocks.intern(sparse(contents));
    if (name === this.#arrays.length) this.#arrays.push(contents);
    this.#names.set(contents, name);
    return name;
  }

  get(name: number): T {
    return this.#arrays[name] as T;
  }
}

/** The items that are not zero, each after its index. */
function sparse(items: Float64Array | Uint32Array): Uint8Array {
  const pairs: number[] = [];
  for (let i = 0; i < items.length; i += 1) {
    if (items[i] !== 0) pairs.push(i, items[i] as number);
  }
  return new Uint8Array(Float64Array.from(pairs).buffer);
}
