import { z } from 'zod';
import { type Vm, vcpuStateOf } from '../../mmu/index.js';
import { createJsonWriter, VcpuIndex, VcpuState } from '../../mmu/schema/index.js';
import { type FleetVm, vcpuOf } from '../fleet/fleet-vm.js';
import { BOUNDS } from '../wire/bounds.js';
import { Seq } from '../wire/frames.js';
import { Check, CheckResult, checkResultOf, sensible } from './check.js';

const writeVcpu = createJsonWriter(VcpuState);

export const stateFields = {
  vcpu: VcpuIndex.default(0),
  where: z
    .array(Check)
    .min(1)
    .max(BOUNDS.checks.value)
    .describe('Checks of the state in `GET /v1/vms/{vm}/vcpus/{vcpu}`: `/requests`, `/cr3`.'),
};

/** A condition on the state of a vCPU: all checks hold at one moment. */
export interface StateCondition {
  readonly vcpu: number;
  readonly where: readonly Check[];
}

/** Results of all checks at one moment. */
export const NearestState = z
  .strictObject({ seq: Seq, checks: z.array(CheckResult) })
  .meta({ id: 'NearestState', description: 'The moment at which most checks held.' });
export type NearestState = z.output<typeof NearestState>;

/**
 * Refuses a condition that could never hold.
 *
 * @returns The condition, with its values in the form that answers have.
 * @param at JSON pointer to the condition in the request's body.
 * @throws {ApiError} If there is no such vCPU, or a check could never hold.
 */
export function sensibleCondition(
  entry: FleetVm,
  { vcpu, where }: StateCondition,
  at: string,
): StateCondition {
  vcpuOf(entry, vcpu, `check vCPU ${vcpu}`);
  return { vcpu, where: sensible(where, [VcpuState], `${at}/where`) };
}

/** Results of all checks now. The vCPU must exist. */
export function stateNow(entry: FleetVm, { vcpu, where }: StateCondition): NearestState {
  const wire = wireNow(entry, vcpu);
  return { seq: entry.ring.head, checks: where.map((check) => checkResultOf(check, wire)) };
}

/** A vCPU at a moment, in its wire form. */
interface Moment {
  readonly vm: Vm;
  readonly seq: number;
  readonly vcpu: number;
  readonly wire: unknown;
}

/** Many clients wait for a state of one vCPU: after each command all of them look at the same. */
let newest: Moment | null = null;

function wireNow({ vm, ring, poison }: FleetVm, vcpu: number): unknown {
  if (newest?.vm === vm && newest.seq === ring.head && newest.vcpu === vcpu && poison === null) {
    return newest.wire;
  }
  const state = vm.vcpus[vcpu];
  const wire: unknown = state === undefined ? null : JSON.parse(writeVcpu(vcpuStateOf(vm, state)));
  newest = { vm, seq: ring.head, vcpu, wire };
  return wire;
}

export function holdsNow({ checks }: NearestState): boolean {
  return checks.every(({ holds }) => holds);
}

/** Number of checks that hold. */
export function heldCount({ checks }: NearestState): number {
  return checks.reduce((sum, { holds }) => sum + (holds ? 1 : 0), 0);
}
