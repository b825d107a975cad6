import type { WorkloadName } from '../../src/lab/index.js';
import type { PolicyName } from '../../src/mmu/index.js';
import { lanesOf, openRace, raceSteps, resultOf, workloadOf } from '../built.js';
import { compare, secondsOf } from '../rounds.js';
import type { Finding } from '../row.js';

const COMMANDS = 20_000;
const FIVE: readonly PolicyName[] = [
  'mainline',
  'need-sync',
  'unsync-roots',
  'cached-roots',
  'invept-deferred',
];
const WORKLOADS: readonly WorkloadName[] = ['kpti', 'nested-invept'];

/**
 * Five policies over the same commands against one policy, including the making of the commands and
 * the verdict. Policies that differ more take longer: in one of the two workloads few of them differ,
 * in the other most.
 */
export async function race(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of WORKLOADS) findings.push(await finding(name));
  return findings;
}

async function finding(name: WorkloadName): Promise<Finding> {
  const { ours, rival } = await compare({
    ours: () => commandsPerSecond(name, FIVE),
    rival: () => commandsPerSecond(name, FIVE.slice(0, 1)),
  });
  return {
    work: `five policies in lock-step over ${name}`,
    measured: { value: ours, unit: 'commands/s' },
    rival: { name: 'one policy', value: rival, unit: 'commands/s' },
    ratio: ours / rival,
    goal: { of: 'ratio', at: 'least', value: 0.25 },
    notes: [`Five take ${(rival / ours).toFixed(2)} times as long as one; 4 is the bound.`],
  };
}

async function commandsPerSecond(
  name: WorkloadName,
  policies: readonly PolicyName[],
): Promise<number> {
  const workload = workloadOf(name);
  const seconds = await secondsOf(() => {
    const lanes = lanesOf({ policies, prevRoots: [3], kernels: ['6.1'] });
    const running = openRace({ config: workload.configOf(), lanes });
    const steps = raceSteps(running, workload.commandsOf({ commands: COMMANDS }, 1));
    while (steps.next().done !== true) {}
    const source = { kind: 'workload', name, seed: 1, parameters: {} } as const;
    const { lanes: ran } = resultOf(running, { source, version: 'bench' });
    if (ran.some(({ failure }) => failure !== null)) throw new Error('Cannot time a failed race');
  });
  return COMMANDS / seconds;
}
