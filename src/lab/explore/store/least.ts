import type { OpenedVm, Swap } from '../../../mmu/index.js';
import { Images } from './images.js';
import { type Order, ordersOf } from './orders.js';
import type { Parts } from './parts.js';
import type { Tuple } from './tuple.js';

/** Of all states that are alike but for names, the least, which stands for them. */
export class Least {
  readonly #images: Images;
  readonly #orders: readonly Order[];

  /** @param open Makes a VM in a state. */
  constructor(parts: Parts, swaps: readonly Swap[], open: (tuple: Tuple) => OpenedVm) {
    const { kept, orders } = ordersOf(swaps);
    this.#images = new Images(parts, kept, open);
    this.#orders = orders;
  }

  get bytes(): number {
    return this.#images.bytes;
  }

  /** The state that stands for all that differ from it by names alone. */
  of(tuple: Tuple): Tuple {
    let least = tuple;
    const images = [tuple];
    for (const { after, by } of this.#orders) {
      const image = this.#images.under([by], images[after] as Tuple);
      images.push(image);
      if (isLess(image, least)) least = image;
    }
    return least;
  }
}

/** Whether a state comes before another one, by the names of its parts. */
export function isLess(one: Tuple, other: Tuple): boolean {
  for (let place = 0; place < one.length; place += 1) {
    const [a, b] = [one[place] as number, other[place] as number];
    if (a !== b) return a < b;
  }
  return false;
}
