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
  WORKLOAD_NAMES,
  workloadOf,
} from '../built.js';
import { compare, cpuSecondsOf } from '../rounds.js';
import type { Finding } from '../row.js';

const COMMANDS = 20_000;
const FIVE: readonly PolicyName[] = [
  'mainline',
  'need-sync',
  'unsync-roots',
  'cached-roots',
  'invept-deferred',
];

/**
 * One policy against the bare model, then five policies against one, over the same commands, which
 * are made beforehand: in processor time, with the verdict. Policies that differ more take longer; they
 * differ most in `nested-invept`.
 */
export async function race(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of WORKLOAD_NAMES) findings.push(await lane(name), await finding(name));
  return findings;
}

async function lane(name: WorkloadName): Promise<Finding> {
  const commands = commandsOf(name);
  const { ours, rival } = await compare({
    ours: () => commandsPerSecond(name, commands, FIVE.slice(0, 1)),
    rival: () => bareCommandsPerSecond(name, commands),
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

async function finding(name: WorkloadName): Promise<Finding> {
  const commands = commandsOf(name);
  const { ours, rival } = await compare({
    ours: () => commandsPerSecond(name, commands, FIVE),
    rival: () => commandsPerSecond(name, commands, FIVE.slice(0, 1)),
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

function commandsOf(name: WorkloadName): Command[] {
  return [...workloadOf(name).commandsOf({ commands: COMMANDS }, 1)];
}

function bareCommandsPerSecond(name: WorkloadName, commands: readonly Command[]): number {
  const base = workloadOf(name).configOf();
  const config = { ...base, oracle: 'off', kernel: '6.1', prevRoots: 3 } as const;
  const seconds = cpuSecondsOf(() => {
    const vm = createVm(VmConfig.parse(config));
    for (const command of commands) step(vm, command, null);
  });
  return COMMANDS / seconds;
}

function commandsPerSecond(
  name: WorkloadName,
  commands: readonly Command[],
  policies: readonly PolicyName[],
): number {
  const config = workloadOf(name).configOf();
  const seconds = cpuSecondsOf(() => {
    const lanes = lanesOf({ policies, prevRoots: [3], kernels: ['6.1'] });
    const running = openRace({ config, lanes });
    const steps = raceSteps(running, commands);
    while (steps.next().done !== true) {}
    const source = { kind: 'workload', name, seed: 1, parameters: {} } as const;
    const { lanes: ran } = resultOf(running, { source, version: 'bench' });
    if (ran.some(({ failure }) => failure !== null)) throw new Error('Cannot time a failed race');
  });
  return COMMANDS / seconds;
}
