import { randomInt } from 'node:crypto';

/** Makes the id of the VM or job with this number, from 1. */
export type IdMaker = (kind: 'vm' | 'job', number: number) => string;

const EPOCH_LETTERS = 10;
const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

/**
 * A name for this run of a server: ten random letters, few because ids and entity tags carry them.
 * The odds that two runs share a name are one in 10^15.
 */
export function createEpoch(): string {
  const letters = Array.from({ length: EPOCH_LETTERS }, () => LETTERS[randomInt(LETTERS.length)]);
  return letters.join('');
}

/**
 * Ids that no other run gives, so that a client of an earlier run meets nothing of this one under the
 * ids that it knows.
 */
export function idsOf(epoch: string): IdMaker {
  return (kind, number) => `${kind}-${number}-${epoch}`;
}
