import { CODES_PER_VCPU, MARK_CODE, VIOLATION_CODE } from './lanes.js';
import { addUp, type Sums } from './sums.js';
import type { Value } from './values.js';

/** Sequence numbers of a segment, the unit in which a story is forgotten. A power of 2. */
export const SEGMENT_SEQS = 65_536;

/** Sequence numbers that are summed up together. A power of 2. */
export const NODE_SEQS = 1024;

/** Nodes that are summed up together as well, so that a window of millions takes few steps. */
export const NODES_PER_GROUP = 16;

/** A lane's value at the beginning of a segment, and since when it has had it. */
export interface Standing {
  readonly code: number;
  readonly value: Value;
  readonly since: number;
}

/** Bits of a second number that name the value; those above name the end of the value before. */
export const VALUE_BITS = 20;
const VALUE_MASK = (1 << VALUE_BITS) - 1;

const BYTES_PER_VALUE = 64;
const WORDS_AT_FIRST = 64;

/**
 * A run of sequence numbers of a story, as one list of numbers in the order of `seq`: the place
 * in the segment and a code; behind the code of a lane also its new value and the end of the value
 * before, and behind that of a violation its rule.
 */
export class Segment {
  /** The lowest `seq` that belongs to it. */
  readonly start: number;
  readonly standing: readonly Standing[];
  readonly values: Value[] = [];
  readonly #ids = new Map<Value, number>();
  #log = new Uint32Array(WORDS_AT_FIRST);
  #length = 0;
  /** For each node begun, where it begins in the log. */
  readonly #begins: number[] = [0];
  readonly #sums: Sums[] = [];
  /** Sums of each group of nodes. */
  readonly #groupSums: Sums[] = [];
  #sumBytes = 0;

  /** @param seq Any of its sequence numbers. */
  constructor(seq: number, standing: readonly Standing[]) {
    this.start = seq - (seq % SEGMENT_SEQS);
    this.standing = standing;
  }

  get bytes(): number {
    const values = this.values.length + this.standing.length;
    return this.#log.byteLength + this.#sumBytes + values * BYTES_PER_VALUE;
  }

  /** Whether a `seq` belongs to it. */
  has(seq: number): boolean {
    return seq >= this.start && seq < this.start + SEGMENT_SEQS;
  }

  /** Keeps a mark. */
  mark(seq: number, code: number): void {
    this.#push(seq, code);
  }

  /** Keeps a violation. */
  violation(seq: number, vcpu: number, rule: number): void {
    this.#push(seq, vcpu * CODES_PER_VCPU + VIOLATION_CODE);
    this.#append(rule);
  }

  /** Keeps a change of a lane. @param end How the value before ended. */
  change(seq: number, code: number, value: Value | null, end: number): void {
    this.#push(seq, code);
    this.#append(((value === null ? 0 : this.#idOf(value)) | (end << VALUE_BITS)) >>> 0);
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
    return this.values[(word & VALUE_MASK) - 1] ?? null;
  }

  #idOf(value: Value): number {
    let id = this.#ids.get(value);
    if (id === undefined) {
      id = this.values.push(value);
      this.#ids.set(value, id);
    }
    return id;
  }

  #push(seq: number, code: number): void {
    const offset = seq - this.start;
    const node = Math.floor(offset / NODE_SEQS);
    while (this.#begins.length <= node) this.#closeNode();
    this.#append(((offset << 16) | code) >>> 0);
  }

  /** Sums a node up once nothing can be added to it. */
  #closeNode(): void {
    const node = this.#begins.length - 1;
    this.#begins.push(this.#length);
    const sums = addUp(this.part(node, node + 1));
    this.#sums.push(sums);
    this.#sumBytes += sums.byteLength;
    if ((node + 1) % NODES_PER_GROUP !== 0) return;
    const group = addUp(this.part(node + 1 - NODES_PER_GROUP, node + 1));
    this.#groupSums.push(group);
    this.#sumBytes += group.byteLength;
  }

  #append(word: number): void {
    if (this.#length === this.#log.length) {
      const grown = new Uint32Array(2 * this.#log.length);
      grown.set(this.#log);
      this.#log = grown;
    }
    this.#log[this.#length] = word;
    this.#length += 1;
  }

  /** Gives up the room for more, because nothing is added any longer. */
  close(): void {
    this.#log = this.#log.slice(0, this.#length);
    this.#ids.clear();
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
