import { type EventRing, Recorder, type RewoundRecord } from '../../journal/index.js';
import { type Confidence, Story } from '../../lab/index.js';
import type { FrozenVm, Vcpu, Vm } from '../../mmu/index.js';
import type { Command, VmConfig } from '../../mmu/schema/index.js';
import { ApiError } from '../wire/errors.js';
import type { Labels } from '../wire/labels.js';
import { FoundViolations } from './found-violations.js';
import type { Lease } from './lease.js';
import type { Lanes, VmLanes } from './vm-lanes.js';
import type { VmLog } from './vm-log.js';

/** A VM that the fleet holds. */
export interface FleetVm {
  readonly id: string;
  /** Place in the list of VMs, from 1 in the order of publication; {@link UNSEEN} before that. */
  number: number;
  /** The present state. Taking the VM back replaces it. */
  vm: Vm;
  /** Moment of another VM that the first state comes from; null if from the configuration. */
  readonly origin: Origin | null;
  readonly ring: EventRing<FrozenVm>;
  readonly recorder: Recorder<FrozenVm>;
  /** Pages of 4 KiB that the fleet's bound counts for this VM. */
  pages: number;
  /** Failure of the model, after which no command can be applied; null while all is well. */
  poison: Poison | null;
  labels: Labels;
  /** Counts what changes in answers about the VM beside its history: labels, snapshots, a failure. */
  revision: number;
  /** Times that damage to its log took back what it had told: its numbers stand for others since. */
  mends: number;
  /** Resolves when a request is done that nobody may come between; null if there is none. */
  held: Promise<void> | null;
  /** Deletes the VM once it was idle for its TTL; null without a TTL. */
  lease: Lease | null;
  /** Its past, lane by lane; null for a copy on which commands are only tried, and until it is told. */
  story: Story | null;
  /** Keeps what happens to it beyond the process; null where nothing does. */
  log: VmLog | null;
  /** Requests under way that are about it, and streams that follow it: it cannot be put to sleep. */
  users: number;
  /** Time of its last use, in milliseconds of a monotonic clock. */
  usedAt: number;
  /** Its violations, which outlive its history. */
  readonly violations: FoundViolations;
  /** Policies that run beside it; null if there are none. */
  readonly lanes: VmLanes | null;
  /** The trace that its first commands are from; null if from none. */
  readonly traced: TracedHistory | null;
}

/** A failure of the model. */
export interface Poison {
  readonly command: Command;
  /** The assertion that failed, as a sentence. */
  readonly reason: string;
}

/** `number` of a VM that nobody sees yet. */
export const UNSEEN = 0;

/** Parts that a VM begins with. */
export type FleetVmParts = Pick<
  FleetVm,
  'id' | 'vm' | 'origin' | 'ring' | 'labels' | 'lanes' | 'pages' | 'traced'
>;

/** A VM without history, which nobody sees yet. */
export function createFleetVm(parts: FleetVmParts): FleetVm {
  const recorder = new Recorder(parts.id, parts.ring);
  return {
    ...parts,
    recorder,
    story: new Story(),
    violations: new FoundViolations(),
    number: UNSEEN,
    poison: null,
    revision: 0,
    mends: 0,
    held: null,
    lease: null,
    log: null,
    users: 0,
    usedAt: 0,
  };
}

/** The trace of a real host that a VM was made of, and its commands by what is known of them. */
export interface TracedHistory {
  /** Job of the trace. */
  readonly job: string;
  readonly trace: string;
  /** Number of the VM in the trace. */
  readonly vm: number;
  /** In order. */
  readonly commands: readonly TracedCommand[];
}

/** A command of a trace, in the history of a VM. */
export interface TracedCommand {
  readonly seq: number;
  readonly vcpu: number;
  /** Nanoseconds, or ticks, of the trace's clock. */
  readonly at: number;
  readonly confidence: Confidence;
}

/** The form of a VM to be made. */
export interface VmSpec {
  readonly config: VmConfig;
  /** Its name, tags and TTL; none by default. */
  readonly labels?: Labels;
  /** Policies that run beside it; null or nothing for none. */
  readonly lanes?: Lanes | null;
  /** The trace that it is made of; its commands come while it is prepared. */
  readonly traced?: TracedHistory | null;
}

/** The VM that another one was forked from, and when. */
export interface Origin {
  readonly vm: string;
  readonly seq: number;
}

/** The fields of a record that say where a VM was taken back to. */
export type RewoundTo = Pick<RewoundRecord<FrozenVm>, 'snapshot' | 'to' | 'state'>;

/**
 * A vCPU of a VM.
 *
 * @param task The task that needs the vCPU, as the error names it: `run "enter"`.
 * @throws {ApiError} If there is no such vCPU.
 */
export function vcpuOf({ vm }: Pick<FleetVm, 'vm'>, index: number, task: string): Vcpu {
  const vcpu = vm.vcpus[index];
  if (vcpu !== undefined) return vcpu;
  throw new ApiError('vcpu-not-found', `Cannot ${task}: no vCPU ${index}`);
}

export function vmNotFound(id: string, why: string): ApiError {
  return new ApiError('vm-not-found', `Cannot find VM "${id}": ${why}`);
}

/** @param task The task that the VM is unfit for, as the error names it. */
export function vmPoisoned(id: string, task: string, { command, reason }: Poison): ApiError {
  const why = `the model failed on "${command.kind}" (${reason})`;
  return new ApiError(
    'vm-poisoned',
    `Cannot ${task}: VM "${id}" has failed, ${why}; reset it or restore a snapshot`,
  );
}
