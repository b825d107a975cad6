import { gpaToGfn, offsetInPage, PAGE_SIZE } from './page.js';
import type { Word } from './word.js';

/** An entry that is to be written. */
export interface TableWrite {
  readonly gpa: number;
  readonly bytes: 4 | 8;
  readonly entry: Word;
}

const NONE = new Uint32Array(0);

/** Writes to one page of tables, behind one another in the plan. */
export interface WriteRun extends Iterable<TableWrite> {
  /** Frame of the page. */
  readonly gfn: number;
  /** Stores all of them into the words of the page. */
  storeIn(words: Uint32Array): void;
}

/**
 * Entries that are to be written, each place once, in the order in which the places were first named.
 *
 * Columns of numbers, and for each page of tables the numbers of its writes: a range of 65,536 pages
 * has a write for each, and as objects in a map they took most of the time of a `map`.
 */
export class PlannedWrites implements Iterable<TableWrite> {
  readonly #bytes: 4 | 8;
  #gpas: Float64Array;
  #pages: Float64Array;
  #lows: Uint16Array;
  #count = 0;
  /** By frame, for each entry of the page: the number of its write, from 1; 0 if it has none. */
  readonly #numbers = new Map<number, Uint32Array>();
  #lastGfn = -1;
  #lastNumbers: Uint32Array = NONE;

  /**
   * @param bytes Size of each entry.
   * @param room Writes that are expected. Columns that grow leave as much again to the collector.
   */
  constructor(bytes: 4 | 8, room: number) {
    this.#bytes = bytes;
    const first = Math.max(room, 1);
    this.#gpas = new Float64Array(first);
    this.#pages = new Float64Array(first);
    this.#lows = new Uint16Array(first);
  }

  /** Plans a write, in place of an earlier one of the same entry. @param gpa A multiple of the size. */
  put(gpa: number, page: number, low: number): void {
    const numbers = this.#numbersFor(gpaToGfn(gpa));
    const place = offsetInPage(gpa) / this.#bytes;
    const number = numbers[place] as number;
    const at = number === 0 ? this.#take() : number - 1;
    numbers[place] = at + 1;
    this.#gpas[at] = gpa;
    this.#pages[at] = page;
    this.#lows[at] = low;
  }

  /** The entry that is planned for a place; undefined if none is. */
  at(gpa: number): Word | undefined {
    const number = this.#numbers.get(gpaToGfn(gpa))?.[offsetInPage(gpa) / this.#bytes] ?? 0;
    return number === 0 ? undefined : this.#writeAt(number - 1).entry;
  }

  *[Symbol.iterator](): Generator<TableWrite> {
    yield* this.#from(0, this.#count);
  }

  /** All writes in order, page by page. */
  *runs(): Generator<WriteRun> {
    for (let from = 0; from < this.#count; ) {
      const gfn = gpaToGfn(this.#gpas[from] as number);
      let to = from + 1;
      while (to < this.#count && gpaToGfn(this.#gpas[to] as number) === gfn) to += 1;
      yield this.#run(gfn, from, to);
      from = to;
    }
  }

  #run(gfn: number, from: number, to: number): WriteRun {
    return {
      gfn,
      storeIn: (words) => this.#store(words, from, to),
      [Symbol.iterator]: () => this.#from(from, to),
    };
  }

  *#from(from: number, to: number): Generator<TableWrite> {
    for (let at = from; at < to; at += 1) yield this.#writeAt(at);
  }

  #writeAt(at: number): TableWrite {
    const entry = { page: this.#pages[at] as number, low: this.#lows[at] as number };
    return { gpa: this.#gpas[at] as number, bytes: this.#bytes, entry };
  }

  #store(words: Uint32Array, from: number, to: number): void {
    for (let at = from; at < to; at += 1) {
      const word = offsetInPage(this.#gpas[at] as number) >> 2;
      const page = this.#pages[at] as number;
      words[word] = (page % 2 ** 20) * PAGE_SIZE + (this.#lows[at] as number);
      if (this.#bytes === 8) words[word + 1] = Math.floor(page / 2 ** 20);
    }
  }

  /** The numbers of the writes of a frame, which mostly is that of the write before. */
  #numbersFor(gfn: number): Uint32Array {
    if (gfn === this.#lastGfn) return this.#lastNumbers;
    let numbers = this.#numbers.get(gfn);
    if (numbers === undefined) {
      numbers = new Uint32Array(PAGE_SIZE / this.#bytes);
      this.#numbers.set(gfn, numbers);
    }
    this.#lastGfn = gfn;
    this.#lastNumbers = numbers;
    return numbers;
  }

  /** Makes room for one more. */
  #take(): number {
    if (this.#count === this.#gpas.length) {
      this.#gpas = grown(this.#gpas, new Float64Array(2 * this.#count));
      this.#pages = grown(this.#pages, new Float64Array(2 * this.#count));
      this.#lows = grown(this.#lows, new Uint16Array(2 * this.#count));
    }
    this.#count += 1;
    return this.#count - 1;
  }
}

function grown<T extends Float64Array | Uint16Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
