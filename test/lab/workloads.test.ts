import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isMet, WORKLOAD_NAMES, type WorkloadName, workloadOf } from '../../src/lab/index.js';
import { createVm, KERNEL_VERSIONS, POLICY_NAMES, step } from '../../src/mmu/index.js';
import { Command, createJsonWriter, VmConfig } from '../../src/mmu/schema/index.js';

const COMMANDS = 5000;

/** Of the commands that seed 1 gives: any change to a workload shows here. */
const DIGESTS: Record<WorkloadName, string> = {
  kpti: '597e742505b02412',
  'pcid-churn': 'de7f8c855843a6ad',
};

/** Policies as mailed have holes; their reads may differ, and that is what they are for. */
const isSoundPolicy = (policy: string) => !policy.endsWith('-posted');

const writeCommand = createJsonWriter(Command);

function linesOf(name: WorkloadName, seed: number): string[] {
  return [...workloadOf(name).commandsOf({ commands: COMMANDS }, seed)].map(writeCommand);
}

describe.each(WORKLOAD_NAMES)('%s', (name) => {
  const workload = workloadOf(name);

  test('is the same for the same seed, and another for another', () => {
    const lines = linesOf(name, 1);
    expect(lines).toHaveLength(COMMANDS);
    expect(linesOf(name, 1)).toEqual(lines);
    expect(linesOf(name, 2)).not.toEqual(lines);
    const digest = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
    expect(digest).toBe(DIGESTS[name]);
  });

  test('makes commands that the wire takes, with nothing left to default', () => {
    for (const command of workload.commandsOf({ commands: COMMANDS }, 3)) {
      expect(Command.parse(JSON.parse(writeCommand(command)))).toEqual(command);
    }
  });

  test.each(KERNEL_VERSIONS)('runs under every policy of %s', (kernel) => {
    const plan = [...workload.planOf({ commands: COMMANDS }, 5)];
    for (const policy of POLICY_NAMES) {
      const vm = createVm(VmConfig.parse({ ...workload.configOf(), policy, kernel }));
      for (const [index, { command, expected }] of plan.entries()) {
        const outcome = step(vm, command, null);
        const judged = isSoundPolicy(policy) ? expected : null;
        if (!isMet(outcome, judged)) {
          expect({ policy, index, command, outcome }).toEqual(expected);
        }
      }
    }
  });
});
