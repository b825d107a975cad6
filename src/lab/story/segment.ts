import type { Happening, Happenings, Standing } from './happenings.js';
import { CODES_PER_VCPU, MARK_CODE, ROOT_CODE, VIOLATION_CODE } from './lanes.js';
import { Adder, LANE_WORDS, MARK_WORDS, type Sums } from './sums.js';
import { PLAIN_VALUES, type Root, type Value } from './values.js';

/** Sequence numbers of a segment, the unit in which a story is forgotten. A power of 2. */
export const SEGMENT_SEQS = 65_536;

/** Sequence numbers that are summed up together. A power of 2. */
export const NODE_SEQS = 1024;

/** Nodes that are summed up together as well, so that a window of millions takes few steps. */
export const NODES_PER_GROUP = 16;

/** Bits of a second number that name the value; those above name the end of the value before. */
export const VALUE_BITS = 20;
const VALUE_MASK = (1 << VALUE_BITS) - 1;

/** Numbers that a log has room for at first, unless more are known to come. */
const WORDS_AT_FIRST = 64;

/**
 * A run of sequence numbers of a story, as one list of numbers in the order of `seq`: the place
 * in the segment and a code; behind the code of a lane also its new value and the end of the value
 * before, and behind that of a violation its rule.
 */
export class Segment {
  /** The lowest `seq` that belongs to it. */
  readonly start: number;
  /** The lanes that had a value at its beginning. */
  readonly standing: readonly Standing[];
  /** Roots that slots have held, whose numbers are those behind the plain values. */
  readonly #roots: Root[] = [];
  #log: Uint32Array;
  #length = 0;
  /** For each node begun, where it begins in the log. */
  readonly #begins: number[] = [0];
  /** The lowest `seq` behind the open node. */
  #nodeEnd: number;
  readonly #sums: Sums[] = [];
  /** Sums of each group of nodes. */
  readonly #groupSums: Sums[] = [];
  readonly #adder = new Adder();

  /**
   * @param seq Any of its sequence numbers.
   * @param before The segment before, which gets no more; null for the first one.
   */
  constructor(seq: number, standing: readonly Standing[], before: Segment | null) {
    this.start = seq - (seq % SEGMENT_SEQS);
    this.standing = standing;
    this.#nodeEnd = this.start + NODE_SEQS;
    // A guest goes on as it did, and growing by halves would move every number about.
    this.#log = new Uint32Array(Math.max(before === null ? 0 : before.#length, WORDS_AT_FIRST));
  }

  /** Whether a `seq` belongs to it. */
  has(seq: number): boolean {
    return seq >= this.start && seq < this.start + SEGMENT_SEQS;
  }

  /**
   * Keeps what happened, none of which comes before what was kept earlier.
   *
   * @param from Place of the first of the happenings that belong to it.
   * @returns Place of the first one that is behind its end, if there is one.
   */
  take(happenings: Happenings, from: number): number {
    let place = from;
    for (; place < happenings.count; place += 1) {
      const happening = happenings.at(place);
      const { seq, code } = happening;
      if (seq >= this.#nodeEnd) {
        if (!this.has(seq)) break;
        while (seq >= this.#nodeEnd) this.#closeNode();
      }
      let length = this.#length;
      if (length + 2 > this.#log.length) this.#grow();
      const log = this.#log;
      log[length] = ((seq - this.start) << 16) | code;
      length += 1;
      const kind = code % CODES_PER_VCPU;
      if (kind < MARK_CODE || kind === VIOLATION_CODE) {
        log[length] = this.#wordOf(happening, kind);
        length += 1;
      }
      this.#length = length;
    }
    return place;
  }

  /** The log from a node on, up to another; a node that has not begun is behind the end. */
  part(fromNode: number, toNode: number): Uint32Array {
    const from = this.#begins[fromNode] ?? this.#length;
    return this.#log.subarray(from, this.#begins[toNode] ?? this.#length);
  }

  /** The sums of a node; null while it is open. */
  sumsOf(node: number): Sums | null {
    return this.#sums[node] ?? null;
  }

  /** The sums of a group of nodes; null while it is open. */
  sumsOfGroup(group: number): Sums | null {
    return this.#groupSums[group] ?? null;
  }

  valueOf(word: number): Value | null {
    const number = word & VALUE_MASK;
    if (number <= PLAIN_VALUES.length) return PLAIN_VALUES[number - 1] ?? null;
    return this.#roots[number - PLAIN_VALUES.length - 1] ?? null;
  }

  /** The lanes that have a value behind all that was kept. */
  standingBehind(): Standing[] {
    const standing = new Map(this.standing.map((one) => [one.code, one]));
    const open = this.#begins.length - 1;
    for (const sums of this.#sums) this.#adder.addSums(sums);
    this.#adder.addLog(this.part(open, open + 1));
    const sums = this.#adder.finish();
    for (let i = 0; i < sums.length; ) {
      const code = sums[i] as number;
      if (!isLane(code)) {
        i += MARK_WORDS;
        continue;
      }
      const value = this.valueOf(sums[i + 4] as number);
      const since = this.start + ((sums[i + 2] as number) & 0xffff);
      if (value === null) standing.delete(code);
      else standing.set(code, { code, value, since });
      i += LANE_WORDS;
    }
    return [...standing.values()];
  }

  /** The second number of a change, or the rule of a violation. @param kind Code within its vCPU. */
  #wordOf({ root, number, end }: Happening, kind: number): number {
    if (kind < ROOT_CODE || kind >= MARK_CODE) return number;
    return (root === null ? 0 : this.#numberOf(root)) | (end << VALUE_BITS);
  }

  #numberOf(root: Root): number {
    if (root.numberedAt !== this.start) {
      root.numberedAt = this.start;
      root.number = this.#roots.push(root) + PLAIN_VALUES.length;
    }
    return root.number;
  }

  /** Sums a node up once nothing can be added to it. */
  #closeNode(): void {
    const node = this.#begins.length - 1;
    this.#begins.push(this.#length);
    this.#nodeEnd += NODE_SEQS;
    this.#adder.addLog(this.part(node, node + 1));
    this.#sums.push(this.#adder.finish());
    if ((node + 1) % NODES_PER_GROUP !== 0) return;
    for (const sums of this.#sums.slice(-NODES_PER_GROUP)) this.#adder.addSums(sums);
    this.#groupSums.push(this.#adder.finish());
  }

  #grow(): void {
    const grown = new Uint32Array(2 * this.#log.length);
    grown.set(this.#log);
    this.#log = grown;
  }

  /** Gives up the room for more, because nothing is added any longer. */
  close(): void {
    this.#log = this.#log.slice(0, this.#length);
    while (this.#begins.length <= SEGMENT_SEQS / NODE_SEQS) this.#closeNode();
  }
}

/** The code in a number of the log. */
export function codeOf(word: number): number {
  return word & 0xffff;
}

/** The place in its segment that a number of the log names. */
export function offsetOf(word: number): number {
  return word >>> 16;
}

/** Whether a code is that of a lane, whose second number is its new value. */
export function isLane(code: number): boolean {
  return code % CODES_PER_VCPU < MARK_CODE;
}
