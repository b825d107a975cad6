import { createChance } from '../../src/lab/workloads/chance.js';

/** A sequence of switches: each number names one of the roots of a guest. */
export interface Mix {
  readonly name: string;
  /** Effect on a cache of one current and three previous roots. */
  readonly meets: string;
  readonly roots: readonly number[];
}

/** Switches of a pass: too many for a branch predictor to learn the random mix. */
const SWITCHES = 4096;

export const MIXES: readonly Mix[] = [
  { name: 'ping-pong of 2', meets: 'hits slot 0', roots: cycleOf(2) },
  { name: 'cycle of 4', meets: 'hits slot 2', roots: cycleOf(4) },
  { name: 'cycle of 8', meets: 'misses', roots: cycleOf(8) },
  { name: 'random of 6', meets: 'hits every slot, and misses', roots: randomOf(6, 1) },
];

function cycleOf(count: number): number[] {
  return Array.from({ length: SWITCHES }, (_, i) => i % count);
}

/** @param seed An integer from 0 to 2^32 - 1. The same seed gives the same sequence. */
function randomOf(count: number, seed: number): number[] {
  const chance = createChance(seed);
  return Array.from({ length: SWITCHES }, () => chance.below(count));
}
