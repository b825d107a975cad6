import { expect } from 'vitest';
import {
  type Parameter,
  type WorkloadName,
  type WorkloadValues,
  workloadOf,
} from '../../src/lab/index.js';
import {
  type KernelVersion,
  POLICIES,
  POLICY_NAMES,
  type PolicyName,
} from '../../src/mmu/index.js';
import { unmetIn } from './plays.js';

/** Policies as mailed have holes; what their guests read may differ, and that is their purpose. */
export const isSoundPolicy = (policy: PolicyName) => POLICIES[policy].isSound;

/** A workload's commands end as they must under every sound policy of a kernel. */
export function expectSound(name: WorkloadName, kernel: KernelVersion, commands: number): void {
  const workload = workloadOf(name);
  const plan = [...workload.planOf({ commands }, 5)];
  for (const policy of POLICY_NAMES.filter(isSoundPolicy)) {
    const unmet = unmetIn(workload, plan, { rules: { policy, kernel } });
    expect({ policy, unmet }).toEqual({ policy, unmet: [] });
  }
}

/** They do as well with every parameter at one end of its range. */
export function expectSoundAt(end: 'min' | 'max', name: WorkloadName, commands: number): void {
  const workload = workloadOf(name);
  const values = { ...extremesOf(workload.parameters, end), commands };
  expect(unmetIn(workload, workload.planOf(values, 9), { values })).toEqual([]);
}

function extremesOf(specs: Record<string, Parameter>, end: 'min' | 'max'): WorkloadValues {
  return Object.fromEntries(
    Object.entries(specs).map(([key, spec]) => [
      key,
      spec.kind === 'flag' ? end === 'max' : spec[end],
    ]),
  );
}
