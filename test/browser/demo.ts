import type { CommandInput } from '../../src/mmu/schema/index.js';
import type { Lab } from './lab.js';

/** A VM that a workload runs on. */
export interface Demo {
  readonly workload: string;
  readonly policy: string;
  readonly commands: number;
  /** Parts of its configuration beside those of the workload. */
  readonly also?: object;
}

interface Case {
  readonly config: object;
  readonly commands: readonly CommandInput[];
}

/** Commands of one batch. */
const BATCH = 500;

/** Creates a VM and runs a workload on it. @returns Its id. */
export async function demoOf(
  lab: Lab,
  { workload, policy, commands, also }: Demo,
): Promise<string> {
  const path = `/v1/workloads/${workload}?policy=${policy}&commands=${commands}`;
  const made = await lab.get<Case>(path);
  const vm = await lab.createVm({ ...made.config, ...also });
  for (let from = 0; from < made.commands.length; from += BATCH) {
    await lab.run(vm, ...made.commands.slice(from, from + BATCH));
  }
  return vm;
}
