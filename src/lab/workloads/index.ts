import { asids } from './asids.js';
import { forkExit } from './fork-exit.js';
import { hostile } from './hostile.js';
import { kpti } from './kpti.js';
import { nestedInvept } from './nested-invept.js';
import { nestedShadow } from './nested-shadow.js';
import { pcidChurn } from './pcid-churn.js';
import { shootdown } from './shootdown.js';
import { unmap } from './unmap.js';
import type { Workload } from './workload.js';

export { type Chance, createChance } from './chance.js';
export { type Expected, isMet, type Planned } from './planned.js';
export {
  type CountParameter,
  type FlagParameter,
  type Parameter,
  type ParameterSpecs,
  SEEDS,
  type Workload,
  type WorkloadValues,
} from './workload.js';

/** Every workload by its name, in the order in which they are shown. */
export const WORKLOADS = {
  kpti,
  asids,
  'fork-exit': forkExit,
  'pcid-churn': pcidChurn,
  unmap,
  'nested-invept': nestedInvept,
  'nested-shadow': nestedShadow,
  shootdown,
  hostile,
} as const satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof WORKLOADS;

export const WORKLOAD_NAMES = Object.keys(WORKLOADS) as [WorkloadName, ...WorkloadName[]];

export function workloadOf(name: WorkloadName): Workload {
  return WORKLOADS[name];
}
