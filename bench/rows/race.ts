import type { WorkloadName } from '../../src/lab/index.js';
import type { PolicyName } from '../../src/mmu/index.js';
import type { Command } from '../../src/mmu/schema/index.js';
import {
  createVm,
  lanesOf,
  openRace,
  raceSteps,
  resultOf,
  step,
  VmConfig,
  workloadOf,
} from '../built.js';
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
 * One policy against the bare model, then five policies against one, over the same commands,
 * including the making of the commands and the verdict. Policies that differ more take longer: in one
 * of the two workloads few of them differ, in the other most.
 */
export async function race(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of WORKLOADS) findings.push(await lane(name), await finding(name));
  return findings;
}

async function lane(name: WorkloadName): Promise<Finding> {
  const { ours, rival } = await compare({
    ours: () => commandsPerSecond(name, FIVE.slice(0, 1)),
    rival: () => bareCommandsPerSecond(name),
  });
  return {
    work: `one policy over ${name}, with oracle, ledger and costs`,
    measured: { value: ours, unit: 'commands/s' },
    rival: { name: 'step() without oracle and events', value: rival, unit: 'commands/s' },
    ratio: ours / rival,
    goal: { of: 'ratio', at: 'least', value: 0.4 },
    notes: [],
  };
}

async function bareCommandsPerSecond(name: WorkloadName): Promise<number> {
  const workload = workloadOf(name);
  const config = { ...workload.configOf(), oracle: 'off', kernel: '6.1', prevRoots: 3 } as const;
  const seconds = await secondsOf(() => {
    const vm = createVm(VmConfig.parse(config));
    const commands: Iterable<Command> = workload.commandsOf({ commands: COMMANDS }, 1);
    for (const command of commands) step(vm, command, null);
  });
  return COMMANDS / seconds;
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
    goal: { of: 'ratio', at: 'least', value: 1 / 3 },
    notes: [`Five take ${(rival / ours).toFixed(2)} times as long as one; 3 is the bound.`],
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
