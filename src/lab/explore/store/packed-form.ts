import type { StateForm } from './state-form.js';
import type { Tuple } from './tuple.js';

const WORD_BITS = 32;

/** A part of the words: `word` is 0 for the left one and 1 for the right one. */
interface Field {
  readonly word: number;
  readonly shift: number;
  readonly bits: number;
}

/**
 * States whose names of parts are so small that all of them fit into two words, side by side. A place
 * at which nothing but 0 has stood takes no room.
 */
export class PackedForm implements StateForm {
  left = 0;
  right = 0;
  readonly #words: Uint8Array;
  readonly #shifts: Uint8Array;
  /** Names that fit, by place: all up to these. */
  readonly #most: Uint32Array;

  private constructor(fields: readonly Field[]) {
    this.#words = Uint8Array.from(fields, ({ word }) => word);
    // A shift by 32 is none: where no bit is taken, any will do.
    this.#shifts = Uint8Array.from(fields, ({ shift }) => shift % WORD_BITS);
    this.#most = Uint32Array.from(fields, ({ bits }) => 2 ** bits - 1);
  }

  /**
   * A form with room for some names, and for larger ones as far as there is any left.
   *
   * @param most The largest name at each place.
   * @returns Null if they do not fit.
   */
  static for(most: Tuple): PackedForm | null {
    const needed = Array.from(most, (name) => WORD_BITS - Math.clz32(name));
    const places = [...needed.keys()].sort((a, b) => (needed[b] as number) - (needed[a] as number));
    const inWord: [number[], number[]] = [[], []];
    const left = [WORD_BITS, WORD_BITS];
    for (const place of places) {
      const bits = needed[place] as number;
      const word = (left[0] as number) >= (left[1] as number) ? 0 : 1;
      if (bits > (left[word] as number)) return null;
      inWord[word].push(place);
      left[word] = (left[word] as number) - bits;
    }
    const fields = new Array<Field>(most.length).fill({ word: 0, shift: 0, bits: 0 });
    for (const word of [0, 1] as const) {
      const taken = inWord[word].filter((place) => (needed[place] as number) > 0);
      let shift = 0;
      for (const [i, place] of taken.entries()) {
        // What is left is shared out evenly, the first places first.
        const spare = Math.floor(((left[word] as number) + taken.length - 1 - i) / taken.length);
        const bits = (needed[place] as number) + spare;
        fields[place] = { word, shift, bits };
        shift += bits;
      }
    }
    return new PackedForm(fields);
  }

  put(tuple: Tuple): boolean {
    const [words, shifts, most] = [this.#words, this.#shifts, this.#most];
    let left = 0;
    let right = 0;
    for (let place = 0; place < most.length; place += 1) {
      const name = tuple[place] as number;
      if (name > (most[place] as number)) return false;
      if (words[place] === 0) left |= name << (shifts[place] as number);
      else right |= name << (shifts[place] as number);
    }
    this.left = left >>> 0;
    this.right = right >>> 0;
    return true;
  }

  get(left: number, right: number): Tuple {
    const tuple = new Uint32Array(this.#most.length);
    for (let place = 0; place < tuple.length; place += 1) {
      const word = this.#words[place] === 0 ? left : right;
      tuple[place] = (word >>> (this.#shifts[place] as number)) & (this.#most[place] as number);
    }
    return tuple;
  }
}
