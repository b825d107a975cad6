import { z } from 'zod';
import { oracleStateOf } from '../../mmu/index.js';
import { OracleState, VmConfig } from '../../mmu/schema/index.js';
import { RuleBroken, Seq, VmId } from '../wire/frames.js';
import { LABELS } from '../wire/labels.js';
import type { FleetVm, Poison } from './fleet-vm.js';
import { Lanes } from './vm-lanes.js';

const identity = {
  id: VmId,
  seq: Seq.describe('Sequence number of the newest command or event; 0 before the first.'),
  poisoned: z.boolean().describe('The model failed on this VM, which takes no more commands.'),
  failure: z.string().nullable().describe('The command and the assertion that failed; null: none.'),
  violations: z.array(RuleBroken).describe('Rules that it has broken since it was made.'),
};

const found = OracleState.nullable().describe(
  'Findings of the oracle on all vCPUs; null: it is off.',
);

const labels = {
  name: LABELS.name.unwrap().describe('Its name for people.'),
  tags: LABELS.tags.unwrap(),
};

/** A VM with its whole configuration. */
export const VmBody = z
  .strictObject({
    ...identity,
    ...labels,
    ttlSeconds: LABELS.ttlSeconds.unwrap(),
    expiresInSeconds: z
      .number()
      .int()
      .nullable()
      .describe('Seconds until it is deleted unless it is used; null: never.'),
    lanes: Lanes.optional().describe('Policies that run beside it; absent if there are none.'),
    trace: z
      .strictObject({ job: z.string(), name: z.string(), vm: z.number().int().min(0) })
      .optional()
      .describe('The trace that its first commands are from; absent if from none.'),
    found,
    ...VmConfig.shape,
  })
  .meta({ id: 'Vm', description: 'A VM and its configuration.' });

/** A VM in a list, without its CPUID bits, registers and memory. */
export const VmSummary = z
  .strictObject({
    ...identity,
    ...labels,
    found,
    vcpus: VmConfig.shape.vcpus,
    policy: VmConfig.shape.policy,
    kernel: VmConfig.shape.kernel,
    vendor: VmConfig.shape.vendor,
    paging: VmConfig.shape.paging,
  })
  .meta({ id: 'VmSummary', description: 'A VM in a list.' });

export function vmBodyOf(entry: FleetVm): z.output<typeof VmBody> {
  const { vm, labels, lease, lanes, traced } = entry;
  const expiresInSeconds = lease?.secondsLeft ?? null;
  const found = oracleStateOf(vm);
  const beside = lanes === null ? {} : { lanes: [...lanes.beside] };
  const trace = traced && { job: traced.job, name: traced.trace, vm: traced.vm };
  return {
    ...{ ...identityOf(entry), ...labels, expiresInSeconds, found, ...beside },
    ...(trace === null ? {} : { trace }),
    ...vm.config,
  };
}

export function vmSummaryOf(entry: FleetVm): z.output<typeof VmSummary> {
  const { vm, labels } = entry;
  const { vcpus, policy, kernel, vendor, paging } = vm.config;
  const { name, tags } = labels;
  const facts = { ...identityOf(entry), name, tags, found: oracleStateOf(vm) };
  return { ...facts, vcpus, policy, kernel, vendor, paging };
}

function identityOf({ id, ring, poison, violations }: FleetVm) {
  return { id, seq: ring.head, ...failureOf(poison), violations: violations.rules };
}

function failureOf(poison: Poison | null): { poisoned: boolean; failure: string | null } {
  if (poison === null) return { poisoned: false, failure: null };
  return { poisoned: true, failure: `${poison.command.kind}: ${poison.reason}` };
}
