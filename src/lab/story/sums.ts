import { CODES_PER_VCPU, MARK_CODE, VIOLATION_CODE } from './lanes.js';

/**
 * The sums of a run of a story, code by code: for a mark its code and number; for a lane its code,
 * the number of changes, the places of the first and the last one, and what each of these two says.
 */
export type Sums = Uint32Array;

/** Numbers that a lane and a mark take in the sums. */
export const LANE_WORDS = 5;
export const MARK_WORDS = 2;

/** A lane as its changes are added up. */
interface LaneSum {
  count: number;
  first: number;
  last: number;
  readonly firstWord: number;
  lastWord: number;
}

/** Adds a part of a log up. */
export function addUp(log: Uint32Array): Sums {
  const marks = new Map<number, number>();
  const lanes = new Map<number, LaneSum>();
  for (let i = 0; i < log.length; i += 1) {
    const head = log[i] as number;
    const code = head & 0xffff;
    const kind = code % CODES_PER_VCPU;
    if (kind >= MARK_CODE) {
      marks.set(code, (marks.get(code) ?? 0) + 1);
      if (kind === VIOLATION_CODE) i += 1;
      continue;
    }
    i += 1;
    addChange(lanes, code, head >>> 16, log[i] as number);
  }
  return packed(marks, lanes);
}

function addChange(lanes: Map<number, LaneSum>, code: number, at: number, word: number): void {
  const sum = lanes.get(code);
  if (sum === undefined) {
    lanes.set(code, { count: 1, first: at, last: at, firstWord: word, lastWord: word });
    return;
  }
  sum.count += 1;
  sum.last = at;
  sum.lastWord = word;
}

function packed(marks: Map<number, number>, lanes: Map<number, LaneSum>): Sums {
  const sums = new Uint32Array(marks.size * MARK_WORDS + lanes.size * LANE_WORDS);
  let place = 0;
  for (const [code, count] of marks) {
    sums.set([code, count], place);
    place += MARK_WORDS;
  }
  for (const [code, { count, first, last, firstWord, lastWord }] of lanes) {
    sums.set([code, count, ((first << 16) | last) >>> 0, firstWord, lastWord], place);
    place += LANE_WORDS;
  }
  return sums;
}
