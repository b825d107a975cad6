import { expect } from 'vitest';
import {
  createRace,
  type LaneSpec,
  lanesOf,
  openRace,
  raceSteps,
  resultOf,
  runCommand,
  type WorkloadName,
  workloadOf,
} from '../../src/lab/index.js';
import { POLICY_NAMES, type PolicyName } from '../../src/mmu/index.js';
import { Command, type CommandInput, type VmConfigInput } from '../../src/mmu/schema/index.js';

export const SOUND: readonly PolicyName[] = [
  'mainline',
  'need-sync',
  'unsync-roots',
  'cached-roots',
];

/** A race over wire-form commands, under 6.1 unless lanes are given. */
export function raceOf(
  policies: readonly PolicyName[],
  commands: readonly CommandInput[],
  config: VmConfigInput = {},
) {
  const race = createRace({ config, lanes: lanesFor(policies) });
  for (const command of commands) runCommand(race, Command.parse(command));
  const source = { kind: 'commands', name: 'a list of commands' } as const;
  return { race, result: resultOf(race, { source, version: 'test' }) };
}

export function lanesFor(policies: readonly PolicyName[]): LaneSpec[] {
  return lanesOf({ policies, prevRoots: [3], kernels: ['6.1'] });
}

export function raceOver(name: WorkloadName, commands: number, policies: readonly PolicyName[]) {
  const workload = workloadOf(name);
  const race = createRace({ config: workload.configOf(), lanes: lanesFor(policies) });
  for (const command of workload.commandsOf({ commands }, 7)) runCommand(race, command);
  const source = { kind: 'workload', name, seed: 7, parameters: {} } as const;
  return { race, result: resultOf(race, { source, version: 'test' }) };
}

export const cr3 = (pcid: number): CommandInput => ({
  kind: 'mov-cr3',
  vcpu: 0,
  value: `0x800000000010${pcid}00${pcid}`,
});
export const ENTER: CommandInput = { kind: 'enter', vcpu: 0 };
export const PCIDE: VmConfigInput = { registers: { cr3: '0x100000', cr4: '0x200a0' } };

/** The kernel reference, 20.6 number 4: an inactive PCID is invalidated, and nothing had changed. */
export const INVALIDATED: CommandInput[] = [
  cr3(1),
  cr3(2),
  ENTER,
  { kind: 'invpcid', vcpu: 0, type: 1, pcid: 1, gva: '0x0' },
  cr3(1),
  ENTER,
];

const sumOf = (counts: Record<string, number>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** What the events of a race come to is what the vCPUs counted, and no lane beats the bound. */
export function expectSums(name: WorkloadName, commands: number): void {
  const { race, result } = raceOver(name, commands, POLICY_NAMES);
  for (const [index, { counters }] of result.lanes.entries()) {
    const sums: Record<string, number> = {};
    for (const vcpu of race.lanes[index]?.run.vm.vcpus ?? []) {
      for (const [key, of] of Object.entries(vcpu.counters)) sums[key] = (sums[key] ?? 0) + of;
    }
    const sum = (of: Record<string, number> | number[]) =>
      Object.values(of).reduce((total, one) => total + one, 0);
    expect({
      reusedCurrent: counters.hitsCurrent,
      reusedPrevious: sum(counters.hitsPrevious),
      missed: counters.misses,
      evicted: counters.evicted,
      freed: sum(counters.freed),
      marked: sum(counters.marked),
      loaded: sum(counters.loads),
      exits: counters.exits,
      tlbFlush: counters.flushes.stat,
    }).toEqual({
      ...Object.fromEntries(
        ['reusedCurrent', 'reusedPrevious', 'missed', 'evicted', 'freed', 'marked', 'loaded'].map(
          (key) => [key, sums[key]],
        ),
      ),
      exits: sums.exits,
      tlbFlush: sums.tlbFlush,
    });
    const { syncs, flushes } = counters;
    expect(flushes.load).toBe(sum(counters.loads));
    expect(syncs.effective + syncs.noOp + syncs.nothing).toBe(syncs.serviced);
  }
  for (const { prevRoots, misses, loads } of result.bounds) {
    expect(prevRoots).toBe(3);
    for (const { counters } of result.lanes) {
      expect(counters.misses).toBeGreaterThanOrEqual(misses);
      expect(sumOf(counters.loads)).toBeGreaterThanOrEqual(loads);
    }
  }
}

/** Lanes that share a machine until they part come out as lanes that never did. */
export function expectShared(name: WorkloadName, count: number): void {
  const workload = workloadOf(name);
  const lanes = lanesOf({ policies: POLICY_NAMES, prevRoots: [1, 3], kernels: ['6.1'] });
  const shared = openRace({ config: workload.configOf(), lanes });
  const apart = createRace({ config: workload.configOf(), lanes });
  const commands = workload.commandsOf({ commands: count }, 11);
  for (const _ of raceSteps(shared, commands)) expect(shared.runs.length).toBeLessThan(25);
  for (const command of commands) runCommand(apart, command);
  const ran = { source: { kind: 'commands', name }, version: 'test' } as const;
  expect(resultOf(shared, ran)).toEqual(resultOf(apart, ran));
  expect(apart.runs).toHaveLength(24);
  expect(shared.runs.length).toBeLessThan(24);
}
