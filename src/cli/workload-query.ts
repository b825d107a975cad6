import { SEEDS, type Workload } from '../lab/index.js';
import { KERNEL_NAMES, POLICY_NAMES } from '../mmu/index.js';
import { type WorkloadQuery, workloadQueryOf } from '../server/index.js';
import type { Settings } from './setting.js';
import { WrongUse } from './wrong-use.js';

/** Parameters of a workload, as they were given. */
export interface Asked {
  readonly workload: Workload;
  /** Values by name, as text; undefined for a parameter that was not given. */
  readonly options: Readonly<Record<string, string | undefined>>;
  readonly set: Settings;
  /** Commands that may be asked for. */
  readonly commandsMax: number;
}

/**
 * Reads what was asked of a workload.
 *
 * @param cannot What cannot be done otherwise: the beginning of the sentence that says so.
 * @throws {WrongUse} If a value is not one that the workload takes.
 */
export function workloadQueryFor(asked: Asked, cannot: string): WorkloadQuery {
  const { workload, options, set, commandsMax } = asked;
  const named = Object.entries(options).filter(([, value]) => value !== undefined);
  const given = Object.fromEntries([...set, ...named]);
  const result = workloadQueryOf(workload, commandsMax).safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const known = Object.keys(workload.parameters).join(', ');
    const [key] = issue.keys;
    throw new WrongUse(`${cannot}: "${workload.name}" has no "${key}"; there are ${known}`);
  }
  const key = String(issue?.path[0]);
  throw new WrongUse(`${cannot}: ${key} "${given[key]}" is not ${rangeOf(key, asked)}`);
}

function rangeOf(key: string, { workload, commandsMax }: Asked): string {
  if (key === 'seed') return `a number from 0 to ${SEEDS - 1}`;
  if (key === 'policy') return `one of ${POLICY_NAMES.join(', ')}`;
  if (key === 'kernel') return `one of ${KERNEL_NAMES.join(', ')}`;
  const spec = workload.parameters[key];
  if (spec?.kind !== 'count') return 'true or false';
  return `a number from ${spec.min} to ${key === 'commands' ? commandsMax : spec.max}`;
}
