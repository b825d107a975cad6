import type { MmuEvent, Outcome, VcpuState } from '../../../src/mmu/schema/index.js';
import type { ObservedStep } from '../attempt/attempt.js';
import type { MachineStep } from '../attempt/machine-step.js';
import { errorFieldOf, type Machine, run, stateOf, wordAt } from './machine.js';
import { perform } from './perform.js';

/** The model's doing in a step that was observed. */
export interface Observation {
  /** Of the last instruction: `ok` as well for one that was done in its own way. */
  readonly outcome: Outcome;
  readonly before: VcpuState;
  readonly after: VcpuState;
  /** VM-instruction error field of the current VMCS; null without one. */
  readonly errorField: number | null;
  /** Events of the instructions and of the VM-entry that follows, which services their requests. */
  readonly events: readonly MmuEvent[];
  /** The page-table entry that maps the accessed page; null where none is watched. */
  readonly entry: WatchedEntry | null;
  /** Eight bytes of guest memory after the last instruction. */
  wordAt(gpa: bigint): bigint;
}

/** A page-table entry of the guest before and after. */
export interface WatchedEntry {
  /** Guest-physical address. */
  readonly place: bigint;
  readonly before: bigint;
  readonly after: bigint;
}

/** Carries out the steps up to the first that is not done, and notes what came of them. */
export function observe(
  machine: Machine,
  { steps, entry: place }: Pick<ObservedStep, 'steps' | 'entry'>,
): Observation {
  const before = stateOf(machine);
  const entryBefore = place === null ? 0n : wordAt(machine, place);
  const outcome = performAll(machine, steps);
  const after = stateOf(machine);
  const errorField = errorFieldOf(machine);
  const entry =
    place === null ? null : { place, before: entryBefore, after: wordAt(machine, place) };
  if (outcome.kind === 'ok') run(machine, { kind: 'enter' });
  return {
    outcome,
    before,
    after,
    errorField,
    events: machine.events,
    entry,
    wordAt: (gpa) => wordAt(machine, gpa),
  };
}

function performAll(machine: Machine, steps: readonly MachineStep[]): Outcome {
  let last: Outcome = { kind: 'ok' };
  for (const step of steps) {
    last = perform(machine, step);
    if (last.kind !== 'ok') break;
  }
  return last;
}
