import type { MmuEvent, Outcome, VcpuState } from '../../src/mmu/schema/index.js';
import type { ArchitectureCase } from './case.js';
import { errorFieldOf, type Machine, run, stateOf, wordAt } from './machine.js';

/** What the model did with a case. */
export interface Trial {
  /** Which of a case's trials, such as `shadow, write`; empty if there is only one. */
  readonly label: string;
  /** Of the last instruction: `ok` as well for one that was done in its own way. */
  readonly outcome: Outcome;
  readonly before: VcpuState;
  readonly after: VcpuState;
  /** VM-instruction error field of the current VMCS; null without one. */
  readonly errorField: number | null;
  /** Events of the instructions and of the VM-entry that follows, which services their requests. */
  readonly events: readonly MmuEvent[];
  /** The page-table entry that maps the accessed page; null where no access is judged. */
  readonly entry: WatchedEntry | null;
}

/** A trial, and what the case expects of it. */
export interface Judged {
  readonly trial: Trial;
  readonly expect: ArchitectureCase['expect'];
}

/** A page-table entry of the guest before and after. */
export interface WatchedEntry {
  /** Guest-physical address. */
  readonly place: bigint;
  readonly before: bigint;
  readonly after: bigint;
}

/** What is noted of a trial besides its outcome. */
interface Noted {
  readonly label?: string;
  /** Guest-physical address of the entry to watch. */
  readonly entry?: bigint | undefined;
}

/** Does something with a machine and notes what came of it. */
export function observe(machine: Machine, noted: Noted, act: () => Outcome): Trial {
  const { label = '', entry: place } = noted;
  const before = stateOf(machine);
  const entryBefore = place === undefined ? 0n : wordAt(machine, place);
  const outcome = act();
  const after = stateOf(machine);
  const errorField = errorFieldOf(machine);
  const entry =
    place === undefined ? null : { place, before: entryBefore, after: wordAt(machine, place) };
  if (outcome.kind === 'ok') run(machine, { kind: 'enter' });
  return { label, outcome, before, after, errorField, events: machine.events, entry };
}
