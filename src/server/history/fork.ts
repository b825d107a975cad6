import { z } from 'zod';
import { VmConfig, withConfigChanges } from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { ApiError, type Flaw } from '../wire/errors.js';
import { lineageOf } from './lineage.js';
import { runCase } from './run-case.js';
import type { Timeline } from './timeline.js';

const { policy, kernel, defects, prevRoots, mmuPages, tlb, oracle, flushOnReuse } = VmConfig.shape;

/** Changes to the configuration of a fork. */
export const ForkChanges = z.strictObject({
  policy: policy.unwrap().optional(),
  kernel: kernel.unwrap().optional(),
  defects: defects.unwrap().optional(),
  prevRoots: prevRoots.unwrap().optional(),
  mmuPages: mmuPages.unwrap().optional(),
  tlb: tlb.unwrap().optional(),
  oracle: oracle.unwrap().optional(),
  flushOnReuse: flushOnReuse.unwrap().optional(),
});
type ForkChanges = z.output<typeof ForkChanges>;

export interface Forked {
  readonly entry: FleetVm;
  /** Whether the fork ran the commands again, so that its own history holds them. */
  readonly replayed: boolean;
}

/**
 * Makes a new VM in the state of another one at a moment.
 *
 * Under another kernel or policy the commands would have led to another state. So a fork with
 * changes runs the commands again, from the first one on.
 *
 * @throws {ApiError} If history of the moment is not kept, the changes do not fit, or a bound is
 *   met.
 */
export async function fork(
  fleet: Fleet,
  timeline: Timeline,
  { entry, seq, changes }: { entry: FleetVm; seq: number; changes: ForkChanges },
): Promise<Forked> {
  const config = changed(entry.vm.initial, changes);
  if (config === null) {
    const vm = await timeline.stateAt(entry, seq);
    return { entry: fleet.createFork(vm, { vm: entry.id, seq }), replayed: false };
  }
  timeline.demandPast(entry, seq);
  await fleet.sleeping.wakeFamily(entry.id);
  const commands = lineageOf(fleet, entry, seq, `fork VM "${entry.id}" with changes`);
  const run = await runCase(fleet, { config, commands, labels: entry.labels });
  return { entry: run.entry, replayed: true };
}

/** The configuration with the changes; null if they change nothing. */
function changed(config: VmConfig, changes: ForkChanges): VmConfig | null {
  if (Object.keys(changes).length === 0) return null;
  const given = Object.entries(changes);
  if (given.every(([name, value]) => isSame(value, config[name as keyof ForkChanges]))) return null;
  const result = withConfigChanges(config, changes);
  if (result.success) return result.data;
  const errors = result.error.issues.map(
    ({ path, message }): Flaw => ({ in: 'body', path: `/${path.join('/')}`, message }),
  );
  throw new ApiError(
    'invalid-request',
    `Cannot fork VM: with these changes its configuration is wrong at ${errors[0]?.path}: ${errors[0]?.message}`,
    { errors },
  );
}

/** Whether two values of a field are the same: lists, words, numbers. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
