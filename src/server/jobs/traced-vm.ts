import { z } from 'zod';
import type { VmScore } from '../../lab/index.js';
import { VmConfig, type VmConfigInput } from '../../mmu/schema/index.js';
import { applyOne } from '../batches/batch.js';
import type { Fleet } from '../fleet/fleet.js';
import type { FleetVm, TracedCommand } from '../fleet/fleet-vm.js';
import { forEachInTurns } from '../fleet/turns.js';
import { ForkChanges } from '../history/fork.js';
import { ApiError } from '../wire/errors.js';
import { LABELS, NO_LABELS } from '../wire/labels.js';
import { invalidBody } from './command-source.js';
import type { ScoredTrace } from './trace-job.js';

const { policy, kernel, prevRoots } = ForkChanges.shape;

/** Request for a VM that does what a VM of a trace did. */
export const TracedVmRequest = z
  .strictObject({
    vm: z.number().int().min(0).default(0).describe('Number of the VM in the trace.'),
    ...{ policy, kernel, prevRoots },
    name: LABELS.name,
    tags: LABELS.tags,
  })
  .prefault({})
  .meta({
    id: 'TracedVmCreation',
    description: 'The VM of a trace, its labels, and the rules that it runs under.',
  });
export type TracedVmRequest = z.output<typeof TracedVmRequest>;

/** A VM that has run the commands of a trace. */
export interface TracedVm {
  readonly entry: FleetVm;
  /** Commands that the model refused, and that were left out. */
  readonly refused: number;
}

/**
 * Makes a VM of a trace: it has the commands in its history, so that any moment can be looked at.
 *
 * @param job Id of the job of the trace.
 * @throws {ApiError} If the trace has no such VM, the changes do not fit, or a bound is met.
 */
export async function createTracedVm(
  fleet: Fleet,
  { job, scored, request }: { job: string; scored: ScoredTrace; request: TracedVmRequest },
): Promise<TracedVm> {
  const { vm: number, name, tags, ...changes } = request;
  const { name: trace, vms } = scored.score;
  const score = vms.find(({ vm }) => vm === number);
  if (score === undefined) {
    const has = vms.length === 0 ? 'none' : `${vms.length}, from 0`;
    throw invalidBody('/vm', `Cannot create VM ${number} of trace "${trace}": it has ${has}`);
  }
  const commands: TracedCommand[] = [];
  const spec = {
    config: configOf(score.config, changes),
    labels: { ...NO_LABELS, name, tags },
    traced: { job, trace, vm: number, commands },
  };
  const { entry, prepared } = await fleet.createPrepared(spec, (draft) =>
    runAll(fleet, draft, { kept: score.commands, into: commands }),
  );
  return { entry, refused: prepared };
}

function configOf(
  config: VmConfigInput,
  changes: Omit<TracedVmRequest, 'vm' | 'name' | 'tags'>,
): VmConfig {
  const result = VmConfig.safeParse({ ...config, ...changes });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = `/${issue?.path.join('/')}`;
  throw invalidBody(
    path,
    `Cannot create VM: its configuration is wrong at ${path}: ${issue?.message}`,
  );
}

/** Runs the commands of a trace; those that the model refuses are passed over. @returns Their number. */
async function runAll(
  fleet: Fleet,
  draft: FleetVm,
  { kept, into }: { kept: VmScore['commands']; into: TracedCommand[] },
): Promise<number> {
  let refused = 0;
  await forEachInTurns(fleet.turns, kept, ({ at, confidence, command }) => {
    try {
      const { seq } = applyOne(fleet, draft, command);
      into.push({ seq, vcpu: command.vcpu, at, confidence });
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'command-refused') throw error;
      refused += 1;
    }
  });
  return refused;
}
