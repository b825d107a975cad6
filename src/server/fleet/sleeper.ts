import type { z } from 'zod';
import type { Labels } from '../wire/labels.js';
import type { FleetVm } from './fleet-vm.js';
import type { Lease } from './lease.js';
import type { LivedClock } from './lived-clock.js';
import type { VmSummary } from './vm-body.js';

/** A VM that is kept elsewhere, and of which only what a list shows is in memory. */
export interface Sleeper {
  readonly id: string;
  readonly number: number;
  /** Null tells it from a VM that is awake. */
  readonly vm: null;
  labels: Labels;
  lease: Lease | null;
  readonly revision: number;
  /** Milliseconds of the {@link LivedClock} at which it was written last, or went to sleep. */
  readonly since: number;
  readonly summary: z.output<typeof VmSummary>;
  /** Resolves when the VM is awake; null unless it is being woken. */
  waking: Promise<void> | null;
}

/** A VM of the fleet, whether it is awake or not. */
export type Member = FleetVm | Sleeper;

export function isAwake(member: Member | undefined): member is FleetVm {
  return member !== undefined && member.vm !== null;
}
