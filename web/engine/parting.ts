import { differencesOf, type Vm } from '../../src/mmu/index.js';
import type { Difference } from '../../src/mmu/schema/index.js';
import type { Parted } from './protocol.js';
import type { Recording } from './recording.js';
import type { Done } from './walker.js';

/** Differences that are told of two states. */
const DIFFERENCES_MAX = 12;

/** Whether a command came to the same in both. Up to there both have numbered alike. */
export function isSame(one: Done, other: Done): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The parting of two runs behind a command, with what differs in their states. */
export function partingAt(
  at: number,
  one: Recording,
  other: Recording,
): NonNullable<Parted['parting']> {
  return {
    at,
    seq: one.seqAt(at),
    otherSeq: other.seqAt(at),
    differences: statesDiffer(one.machineAt(at + 1), other.machineAt(at + 1)),
  };
}

/** The first differences of two states; what they were made from is known already. */
function statesDiffer(one: Vm, other: Vm): Difference[] {
  const found: Difference[] = [];
  for (const difference of differencesOf(one, other)) {
    if (difference === null || difference.path.startsWith('/config')) continue;
    found.push(difference);
    if (found.length === DIFFERENCES_MAX) break;
  }
  return found;
}
