import type { EventRing, Recorder, RewoundRecord } from '../../journal/index.js';
import type { FrozenVm, Vcpu, Vm } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import { ApiError } from '../wire/errors.js';
import type { Labels } from '../wire/labels.js';
import type { Lease } from './ttl.js';
import type { VmLanes } from './vm-lanes.js';

/** A VM that the fleet holds. */
export interface FleetVm {
  readonly id: string;
  /** Rises by one a VM, as they come to be seen: what a cursor of the list points to. */
  number: number;
  /** Its state; another one stands here once the VM was taken back. */
  vm: Vm;
  /** Where its first state comes from; null if from its configuration. */
  readonly origin: Origin | null;
  readonly ring: EventRing<FrozenVm>;
  readonly recorder: Recorder<FrozenVm>;
  /** Room that it took when it was last looked at, in pages of 4 KiB. */
  pages: number;
  /** The command on which the model failed: none can be applied any more. Null while all is well. */
  poison: Command | null;
  labels: Labels;
  /** What deletes it once it is idle for long; null if nothing does. */
  lease: Lease | null;
  /** What runs beside it; null if nothing does. */
  readonly lanes: VmLanes | null;
}

/** The VM that another one was forked from, and when. */
export interface Origin {
  readonly vm: string;
  readonly seq: number;
}

/** What a record says of where a VM was taken back to. */
export type RewoundTo = Pick<RewoundRecord<FrozenVm>, 'snapshot' | 'to' | 'state'>;

/** @throws {ApiError} If there is no such vCPU. `what` is what it was needed for. */
export function vcpuOf({ vm }: FleetVm, index: number, what: string): Vcpu {
  const vcpu = vm.vcpus[index];
  if (vcpu !== undefined) return vcpu;
  throw new ApiError('vcpu-not-found', `Cannot ${what}: no vCPU ${index}`);
}

export function vmNotFound(id: string, why: string): ApiError {
  return new ApiError('vm-not-found', `Cannot find VM "${id}": ${why}`);
}
