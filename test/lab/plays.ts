import { isMet, type Planned, type Workload, type WorkloadValues } from '../../src/lab/index.js';
import { createVm, step, type Vcpu } from '../../src/mmu/index.js';
import {
  type Command,
  type MmuEvent,
  VmConfig,
  type VmConfigInput,
} from '../../src/mmu/schema/index.js';

/** Rules to play under, and what to play in place of a command; null leaves it out. */
export interface PlayOptions {
  readonly rules?: Pick<VmConfigInput, 'policy' | 'kernel'>;
  readonly values?: WorkloadValues;
  readonly instead?: (command: Command) => Command | null;
  readonly emit?: (vcpu: Vcpu, event: MmuEvent) => number;
}

/** Plays a plan, and tells which of its commands, by index, did not end as they must. */
export function unmetIn(
  workload: Workload,
  plan: Iterable<Planned>,
  { rules = {}, values = {}, instead = (command) => command, emit }: PlayOptions = {},
): number[] {
  const vm = createVm(VmConfig.parse({ ...workload.configOf(values), ...rules }));
  const unmet: number[] = [];
  let index = 0;
  for (const { command: planned, expected } of plan) {
    const command = instead(planned);
    if (command !== null && !isMet(step(vm, command, emit ?? null), expected)) unmet.push(index);
    index += 1;
  }
  return unmet;
}

/** Events that seed 1 brings: by kind, and by MMU where they name one. */
export function eventsOf(workload: Workload): Record<string, number> {
  const events: Record<string, number> = {};
  const emit = (_vcpu: Vcpu, event: MmuEvent) => {
    const key = 'mmu' in event ? `${event.kind} ${event.mmu}` : event.kind;
    events[key] = (events[key] ?? 0) + 1;
    return 0;
  };
  unmetIn(workload, workload.planOf({}, 1), { emit });
  return events;
}
