import {
  PRESETS,
  type PriceFile,
  type PriceList,
  priceFileOf,
  priceListOf,
} from '../../lab/index.js';
import type { Limits } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { NO_STORE, type ValueStore } from '../wire/value-store.js';

/** The price lists that races may name: the presets, and those that clients gave. */
export class PriceLists {
  readonly #given = new Map<string, PriceFile>();
  readonly #max: number;
  readonly #store: ValueStore;

  constructor({ priceLists }: Pick<Limits, 'priceLists'>, store: ValueStore = NO_STORE) {
    this.#max = priceLists;
    this.#store = store;
    for (const [name, list] of store.kept) this.#given.set(name, list as PriceFile);
    store.shared?.follow((name) => this.#heard(name));
  }

  /** Every list: the presets first, then the others in the order in which they came. */
  all(): PriceFile[] {
    return [...Object.values(PRESETS).map(priceFileOf), ...this.#given.values()];
  }

  /** A whole list. @throws {ApiError} If there is no such list. */
  list(name: string): PriceList {
    return priceListOf(this.get(name));
  }

  /** A list as it was given. @throws {ApiError} If there is no such list. */
  get(name: string): PriceFile {
    const list = this.all().find((one) => one.name === name);
    if (list !== undefined) return list;
    const known = Object.keys(PRESETS).join(', ');
    throw new ApiError(
      'price-list-not-found',
      `Cannot take prices from "${name}": there is no such list; always there are ${known}`,
    );
  }

  /** @throws {ApiError} If the name is taken, or there are as many lists as there may be. */
  add(list: PriceFile): void {
    const { name } = list;
    if (this.all().some((one) => one.name === name)) {
      throw new ApiError(
        'price-list-exists',
        `Cannot keep price list "${name}": there is one of that name; choose another, or delete it first`,
      );
    }
    if (this.#given.size >= this.#max) {
      throw new ApiError(
        'price-list-limit-reached',
        `Cannot keep price list "${name}": ${this.#max} are kept, which is the bound; delete one`,
      );
    }
    this.#given.set(name, list);
    this.#store.put(name, list);
  }

  /** Takes notice of a list that was given to any server, or deleted. */
  async #heard(name: string): Promise<void> {
    const list = await this.#store.shared?.read(name);
    if (list === undefined) this.#given.delete(name);
    else this.#given.set(name, list as PriceFile);
  }

  /** @throws {ApiError} If no client gave such a list: presets stay. */
  delete(name: string): void {
    if (this.#given.delete(name)) {
      this.#store.remove(name);
      return;
    }
    throw new ApiError(
      'price-list-not-found',
      `Cannot delete price list "${name}": no client gave a list of that name`,
    );
  }
}
