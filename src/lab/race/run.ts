import {
  CommandRefused,
  createVm,
  type Emit,
  type GuestPages,
  type PolicyName,
  step,
  type Vcpu,
  type Vm,
} from '../../mmu/index.js';
import type { Command, MmuEvent, MmuEventOf, Outcome, VmConfig } from '../../mmu/schema/index.js';
import { fold } from './fold.js';
import { createJury, type Jury, policyOf } from './jury.js';
import type { PriceList } from './prices/index.js';
import { createRecording, type Recording, refer } from './references.js';
import { beginCommand, createTally, endCommand, type Tally } from './tally.js';
import { createReplay, type Replay, replayCommand } from './time/index.js';

/** The place of an event in a run. */
export interface RunPlace {
  /** Index of the command in the race. */
  readonly command: number;
  /** The number that the event would have in the history of a VM that ran the same commands. */
  readonly seq: number;
}

/** The first illegal use. */
export type FirstViolation = RunPlace & Pick<MmuEventOf<'violation'>, 'rule' | 'message'>;

/** A machine, and what is counted of it: that of one lane, or of several that are alike so far. */
export interface Run {
  readonly jury: Jury;
  readonly vm: Vm;
  readonly tally: Tally;
  /** Null where no bound is asked for. */
  readonly recording: Recording | null;
  /** Replay of its work side by side; null for one vCPU, which waits for nobody. */
  readonly replay: Replay | null;
  readonly emit: NonNullable<Emit>;
  /**
   * Events of the command that is being carried out, the first of them: see {@link eventsOf}. None
   * are kept in a race of one lane, which parts from nobody.
   */
  readonly events: MmuEvent[];
  readonly eventsMax: number;
  eventCount: number;
  /** Index of that command. */
  command: number;
  seq: number;
  outcome: Outcome | null;
  firstViolation: FirstViolation | null;
  firstRefusal: string | null;
  /** Why it ended before the race; null while all is well. */
  failure: { readonly command: number; readonly message: string } | null;
}

/** Events that are kept of the command in which two lanes part. */
export const PARTING_EVENTS_MAX = 24;

/** Settings of a run: what things cost, and the guest's own work in each command. */
export interface RunOptions {
  /** The lanes of its race. */
  readonly specs: readonly unknown[];
  readonly prices: PriceList;
  /** Cycles. */
  readonly guestCycles: number;
  /** Whether to record what the guest asks of the cache, for the bound that no policy can beat. */
  readonly isRecorded: boolean;
}

/**
 * @param policies Policies of its lanes; they replace the one of the configuration.
 * @param pages Memory at the beginning, which lanes share.
 */
export function createRun(
  config: VmConfig,
  policies: readonly PolicyName[],
  { specs, prices, guestCycles, isRecorded }: RunOptions,
  pages: GuestPages,
): Run {
  const jury = createJury(policies);
  const [policy] = policies as [PolicyName, ...PolicyName[]];
  const vm = createVm({ ...config, policy }, pages, policies.length === 1 ? null : policyOf(jury));
  const run: Run = {
    jury,
    vm,
    tally: createTally(vm),
    recording: isRecorded ? createRecording(vm) : null,
    replay: config.vcpus === 1 ? null : createReplay(config.vcpus, prices, guestCycles),
    emit: (vcpu, event) => take(run, vcpu, event),
    events: [],
    eventsMax: specs.length === 1 ? 0 : PARTING_EVENTS_MAX,
    eventCount: 0,
    command: -1,
    seq: 0,
    outcome: null,
    firstViolation: null,
    firstRefusal: null,
    failure: null,
  };
  return run;
}

/** Applies one command; what has failed stands still. */
export function runOne(run: Run, command: Command, index: number): void {
  if (run.failure !== null) return;
  const { tally, vm, seq } = run;
  run.command = index;
  run.seq += 1;
  run.eventCount = 0;
  beginCommand(tally);
  try {
    const outcome = step(vm, command, run.emit);
    run.outcome = outcome;
    endCommand(tally, vm, { command, outcome });
    if (run.replay !== null) replayCommand(run.replay, command.vcpu, tally);
  } catch (error) {
    run.seq = seq;
    run.outcome = null;
    if (error instanceof CommandRefused) {
      tally.counters.refused += 1;
      run.firstRefusal ??= error.message;
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    run.failure = { command: index, message };
  }
}

/** The first events of the command that was carried out last. */
export function eventsOf({ events, eventCount }: Run): MmuEvent[] {
  return events.slice(0, eventCount);
}

function take(run: Run, vcpu: Vcpu, event: MmuEvent): number {
  run.seq += 1;
  fold(run.tally, vcpu, event);
  if (run.recording !== null) refer(run.recording, vcpu, event);
  if (run.eventCount < run.eventsMax) {
    // What an earlier command has left is overwritten: to empty an array takes longer.
    run.events[run.eventCount] = event;
    run.eventCount += 1;
  }
  if (event.kind === 'violation' && run.firstViolation === null) {
    const { rule, message } = event;
    run.firstViolation = { command: run.command, seq: run.seq, rule, message };
  }
  return run.seq;
}
