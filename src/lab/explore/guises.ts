import {
  CORE,
  GUEST_MMU,
  oraclePlace,
  placeOf,
  ROOT_MMU,
  SHADOW,
  type Swap,
} from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import { Images } from './store/images.js';
import { Pairs } from './store/pairs.js';
import type { States } from './store/states.js';
import type { Tuple } from './store/tuple.js';
import { renamedCommand } from './swaps.js';

/** Indices of swaps that lead to other names, one after the other, and back. */
interface Way {
  readonly there: readonly number[];
  readonly back: readonly number[];
}

/** A state under other names. */
export interface Guise {
  readonly tuple: Tuple;
  readonly way: Way;
}

/**
 * Other names under which states are expanded, though they are told apart by their own: whatever a
 * command does to a state, the same command under other names does to that state under those. So
 * one state is worked out for all that differ by names, and what came of it is named back.
 *
 * The names are such that registers, roots and shadow pages come out as low as swaps that make them
 * lower, one after the other, can bring them. Any names would do.
 */
export class Guises {
  readonly #images: Images;
  /** For each swap the command that each one is under it. */
  readonly #commands: readonly (readonly number[])[];
  readonly #heads = new Pairs();
  /** Swaps that make a head low, by its number. */
  readonly #ways: Way[] = [];
  readonly #back: Tuple;

  /** @param swaps Leave the alphabet as a whole as it is. */
  constructor(alphabet: readonly Command[], states: States, swaps: readonly Swap[]) {
    this.#images = new Images(states.parts, swaps, (tuple) => states.lent(tuple));
    const texts = alphabet.map((command) => JSON.stringify(command));
    this.#commands = swaps.map((swap) =>
      alphabet.map((command) => texts.indexOf(JSON.stringify(renamedCommand(command, swap)))),
    );
    this.#back = new Uint32Array(oraclePlace(1) + 1);
  }

  get bytes(): number {
    return this.#images.bytes + this.#heads.bytes + WAY_BYTES * this.#ways.length;
  }

  /** The names under which a state is expanded. */
  of(tuple: Tuple): Guise {
    if (this.#commands.length === 0) return { tuple, way: NO_WAY };
    const head = this.#heads.intern(tuple[core] as number, this.#images.treeOf(tuple));
    this.#ways[head] ??= this.#wayDown(tuple);
    const way = this.#ways[head] as Way;
    return { way, tuple: way.there.length === 0 ? tuple : this.#images.under(way.there, tuple) };
  }

  /** The command that one is under the names of a guise. Both are indices into the alphabet. */
  commandIn({ way: { there } }: Guise, command: number): number {
    let index = command;
    for (let i = 0; i < there.length; i += 1) {
      index = (this.#commands[there[i] as number] as readonly number[])[index] as number;
    }
    return index;
  }

  /** A state that a guise has led to under its own names. The tuple is lent until the next one. */
  back({ way: { back } }: Guise, after: Tuple): Tuple {
    if (back.length === 0) return after;
    this.#back.set(after);
    this.#images.rename(back, this.#back);
    return this.#back;
  }

  #wayDown(tuple: Tuple): Way {
    const there: number[] = [];
    let low = tuple;
    for (let by = 0; by < this.#commands.length; by += 1) {
      const image = this.#images.under([by], low);
      if (!isLower(image, low)) continue;
      low = image;
      there.push(by);
      by = -1;
    }
    return { there, back: there.toReversed() };
  }
}

const NO_WAY: Way = { there: [], back: [] };

/** Bytes of a way, by a rough count. */
const WAY_BYTES = 160;

const core = placeOf(0, CORE);
/** Places of a head: what nearly every command turns on. */
const HEAD = [core, SHADOW, placeOf(0, ROOT_MMU), placeOf(0, GUEST_MMU)];

function isLower(one: Tuple, other: Tuple): boolean {
  for (const place of HEAD) {
    const [a, b] = [one[place] as number, other[place] as number];
    if (a !== b) return a < b;
  }
  return false;
}
