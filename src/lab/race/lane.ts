import {
  CommandRefused,
  createVm,
  type Emit,
  type PolicyName,
  step,
  type Vcpu,
  type Vm,
} from '../../mmu/index.js';
import type { Command, MmuEvent, MmuEventOf, Outcome, VmConfig } from '../../mmu/schema/index.js';
import { fold } from './fold.js';
import { createRecording, type Recording, refer } from './references.js';
import { beginCommand, createTally, endCommand, type Tally } from './tally.js';

/** What tells the lanes of a race apart. */
export type LaneSpec = Readonly<Pick<VmConfig, 'policy' | 'prevRoots' | 'kernel'>> & {
  readonly policy: PolicyName;
};

/** Where something happened in a lane. */
export interface LanePlace {
  /** Index of the command in the race. */
  readonly command: number;
  /** What the event's number would be in the history of a VM that ran the same. */
  readonly seq: number;
}

/** The first illegal use of a lane. */
export type FirstViolation = LanePlace & Pick<MmuEventOf<'violation'>, 'rule' | 'message'>;

/** One policy on a machine of its own, which shares nothing with the other lanes. */
export interface Lane {
  readonly spec: LaneSpec;
  readonly vm: Vm;
  readonly tally: Tally;
  readonly recording: Recording;
  readonly emit: NonNullable<Emit>;
  /** Events of the command that is being carried out, the first of them. */
  events: MmuEvent[];
  /** Index of that command. */
  command: number;
  seq: number;
  outcome: Outcome | null;
  firstViolation: FirstViolation | null;
  firstRefusal: string | null;
  /** Why the lane ended before the race; null while all is well. */
  failure: { readonly command: number; readonly message: string } | null;
}

/** Events that are kept of the command in which two lanes part. */
export const PARTING_EVENTS_MAX = 24;

export function createLane(config: VmConfig): Lane {
  const { policy, prevRoots, kernel } = config;
  const vm = createVm(config);
  const lane: Lane = {
    spec: { policy, prevRoots, kernel },
    vm,
    tally: createTally(vm),
    recording: createRecording(vm),
    emit: (vcpu, event) => take(lane, vcpu, event),
    events: [],
    command: -1,
    seq: 0,
    outcome: null,
    firstViolation: null,
    firstRefusal: null,
    failure: null,
  };
  return lane;
}

/** Applies one command; a lane that has failed stands still. */
export function runLane(lane: Lane, command: Command, index: number): void {
  if (lane.failure !== null) return;
  const { tally, vm, seq } = lane;
  lane.command = index;
  lane.seq += 1;
  lane.events.length = 0;
  beginCommand(tally);
  try {
    lane.outcome = step(vm, command, lane.emit);
    endCommand(tally, vm);
  } catch (error) {
    lane.seq = seq;
    lane.outcome = null;
    if (error instanceof CommandRefused) {
      tally.counters.refused += 1;
      lane.firstRefusal ??= error.message;
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    lane.failure = { command: index, message };
  }
}

function take(lane: Lane, vcpu: Vcpu, event: MmuEvent): number {
  lane.seq += 1;
  fold(lane.tally, vcpu, event);
  refer(lane.recording, vcpu, event);
  if (lane.events.length < PARTING_EVENTS_MAX) lane.events.push(event);
  if (event.kind === 'violation' && lane.firstViolation === null) {
    const { rule, message } = event;
    lane.firstViolation = { command: lane.command, seq: lane.seq, rule, message };
  }
  return lane.seq;
}
