import { z } from 'zod';
import { oracleStateOf } from '../../mmu/index.js';
import { OracleState, VmConfig } from '../../mmu/schema/index.js';
import { Seq, VmId } from '../wire/frames.js';
import { LABELS } from '../wire/labels.js';
import type { FleetVm } from './fleet-vm.js';
import { Lanes } from './vm-lanes.js';

const identity = {
  id: VmId,
  seq: Seq.describe('Sequence number of the newest command or event; 0 at first.'),
  poisoned: z.boolean().describe('An error of ours stopped this VM: it takes no more commands.'),
};

const labels = {
  name: LABELS.name.unwrap().describe('What people call it.'),
  tags: LABELS.tags.unwrap(),
};

/** A VM, with all that it was made from. */
export const VmBody = z
  .strictObject({
    ...identity,
    ...labels,
    ttlSeconds: LABELS.ttlSeconds.unwrap(),
    expiresInSeconds: z
      .number()
      .int()
      .nullable()
      .describe('When it goes unless it is used; null: never.'),
    lanes: Lanes.optional().describe('What runs beside it, if anything does.'),
    found: OracleState.nullable().describe('By the oracle, on all vCPUs; null: it is off.'),
    ...VmConfig.shape,
  })
  .meta({ id: 'Vm', description: 'A VM, and what it was made from.' });

/** A VM in a list, without its CPUID bits, registers and memory. */
export const VmSummary = z
  .strictObject({
    ...identity,
    ...labels,
    vcpus: VmConfig.shape.vcpus,
    policy: VmConfig.shape.policy,
    kernel: VmConfig.shape.kernel,
    vendor: VmConfig.shape.vendor,
    paging: VmConfig.shape.paging,
  })
  .meta({ id: 'VmSummary', description: 'A VM in a list.' });

export function vmBodyOf({
  id,
  ring,
  poison,
  vm,
  labels,
  lease,
  lanes,
}: FleetVm): z.output<typeof VmBody> {
  const expiresInSeconds = lease?.secondsLeft ?? null;
  const poisoned = poison !== null;
  const found = oracleStateOf(vm);
  const beside = lanes === null ? {} : { lanes: [...lanes.beside] };
  const facts = { id, seq: ring.head, poisoned, ...labels, expiresInSeconds, found };
  return { ...facts, ...beside, ...vm.config };
}

export function vmSummaryOf({ id, ring, poison, vm, labels }: FleetVm): z.output<typeof VmSummary> {
  const { vcpus, policy, kernel, vendor, paging } = vm.config;
  const { name, tags } = labels;
  const poisoned = poison !== null;
  return { id, seq: ring.head, poisoned, name, tags, vcpus, policy, kernel, vendor, paging };
}
