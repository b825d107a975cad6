import { CODES_PER_VCPU, MARK_CODE, VIOLATION_CODE } from './lanes.js';

/**
 * The sums of a run of a story, code by code: for a mark its code and number; for a lane its code,
 * the number of changes, the places of the first and the last one, and what each of these two says.
 */
export type Sums = Uint32Array;

/** Numbers that a lane and a mark take in the sums. */
export const LANE_WORDS = 5;
export const MARK_WORDS = 2;

/** Codes that an adder has room for at first. */
const ROWS_AT_FIRST = 16;

/** Adds parts of a story up. Its tables stay, because there is a part to add every few commands. */
export class Adder {
  /** For each code its row, from 1; 0 for a code that was not met. */
  #rows = new Uint16Array(CODES_PER_VCPU);
  /** A row for each code that was met, laid out as the sums of a lane. */
  #table = new Uint32Array(ROWS_AT_FIRST * LANE_WORDS);
  #met = 0;
  #lanes = 0;

  /** Adds a part of a log. */
  addLog(log: Uint32Array): void {
    for (let i = 0; i < log.length; i += 1) {
      const head = log[i] as number;
      const code = head & 0xffff;
      const kind = code % CODES_PER_VCPU;
      if (kind >= MARK_CODE) {
        this.#mark(code, 1);
        if (kind === VIOLATION_CODE) i += 1;
        continue;
      }
      i += 1;
      const at = head >>> 16;
      const word = log[i] as number;
      this.#changes(code, 1, ((at << 16) | at) >>> 0, word, word);
    }
  }

  /** Adds sums, which must be of a later part than all before. */
  addSums(sums: Sums): void {
    for (let i = 0; i < sums.length; ) {
      const code = sums[i] as number;
      const count = sums[i + 1] as number;
      if (code % CODES_PER_VCPU >= MARK_CODE) {
        this.#mark(code, count);
        i += MARK_WORDS;
        continue;
      }
      const ends = sums[i + 2] as number;
      this.#changes(code, count, ends, sums[i + 3] as number, sums[i + 4] as number);
      i += LANE_WORDS;
    }
  }

  /** The sums of all that was added, after which it begins anew. */
  finish(): Sums {
    const sums = new Uint32Array(this.#met * MARK_WORDS + this.#lanes * (LANE_WORDS - MARK_WORDS));
    let place = 0;
    for (let row = 0; row < this.#met; row += 1) {
      const from = row * LANE_WORDS;
      const code = this.#table[from] as number;
      const words = code % CODES_PER_VCPU >= MARK_CODE ? MARK_WORDS : LANE_WORDS;
      for (let word = 0; word < words; word += 1) {
        sums[place] = this.#table[from + word] as number;
        place += 1;
      }
      this.#rows[code] = 0;
    }
    this.#met = 0;
    this.#lanes = 0;
    return sums;
  }

  #mark(code: number, count: number): void {
    const row = this.#rowOf(code);
    this.#table[row + 1] = (this.#table[row + 1] as number) + count;
  }

  /** @param ends Places of the first and the last change, and what each of them says. */
  #changes(code: number, count: number, ends: number, firstWord: number, lastWord: number): void {
    const row = this.#rowOf(code);
    const table = this.#table;
    const before = table[row + 1] as number;
    table[row + 1] = before + count;
    if (before === 0) {
      this.#lanes += 1;
      table[row + 2] = ends;
      table[row + 3] = firstWord;
    } else {
      table[row + 2] = (((table[row + 2] as number) & 0xffff0000) | (ends & 0xffff)) >>> 0;
    }
    table[row + 4] = lastWord;
  }

  /** Place of a code's row in the table. */
  #rowOf(code: number): number {
    if (code >= this.#rows.length) this.#rows = grown(this.#rows, new Uint16Array(2 * code));
    const known = this.#rows[code] as number;
    if (known !== 0) return (known - 1) * LANE_WORDS;
    const row = this.#met * LANE_WORDS;
    if (row === this.#table.length) this.#table = grown(this.#table, new Uint32Array(2 * row));
    this.#met += 1;
    this.#rows[code] = this.#met;
    this.#table[row] = code;
    this.#table[row + 1] = 0;
    return row;
  }
}

function grown<T extends Uint16Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
