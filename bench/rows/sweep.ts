import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { CLI, NODE_FLAGS } from '../built.js';
import { compare, secondsOf } from '../rounds.js';
import type { Finding } from '../row.js';

const WORKLOADS = ['kpti', 'nested-invept', 'pcid-churn', 'unmap', 'shootdown'];
const SEEDS = 40;
/** Rounds: each takes seconds. */
const ROUNDS = 3;
const RACES = WORKLOADS.length * SEEDS;

/** A sweep on as many threads as the machine has cores, against one thread. */
export async function sweep(): Promise<Finding[]> {
  const threads = availableParallelism();
  const { ours, rival } = await compare(
    { ours: () => racesPerSecond(threads), rival: () => racesPerSecond(1) },
    ROUNDS,
  );
  return [
    {
      work: `sweep of ${RACES} races of two policies, ${threads} threads`,
      measured: { value: ours, unit: 'races/s' },
      rival: { name: 'one thread', value: rival, unit: 'races/s' },
      ratio: ours / rival,
      goal: null,
      notes: [],
    },
  ];
}

async function racesPerSecond(threads: number): Promise<number> {
  const args = [
    ...[...NODE_FLAGS, CLI, 'sweep', '--workload', WORKLOADS.join(','), '--seeds', `1-${SEEDS}`],
    ...['--policy', 'mainline,cached-roots', '--commands', '1000', '--jobs', String(threads)],
  ];
  const seconds = await secondsOf(() => execFileSync(process.execPath, args, { stdio: 'pipe' }));
  return RACES / seconds;
}
