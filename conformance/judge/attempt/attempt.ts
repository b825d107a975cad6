import type { Access } from './access.js';
import type { CellAttempt } from './cell.js';
import type { Check } from './check.js';
import type { MachineSpec } from './machine-spec.js';
import type { MachineStep } from './machine-step.js';
import type { ReplayAttempt } from './replay.js';
import type { UseAttempt } from './use.js';

/**
 * A case without its prose: a machine, what happens to it, and what has to come of it. The reader
 * makes attempts of cases, and the runner knows attempts alone, so that one can also be written by
 * hand. A case comes to several where it leaves something open; all of them must be right.
 */
export type Attempt = ObservedAttempt | RepeatedAttempt | CellAttempt | UseAttempt | ReplayAttempt;

/** Steps that are observed one after another on one machine. */
export interface ObservedAttempt {
  readonly kind: 'observed';
  readonly spec: MachineSpec;
  /** Steps that have to succeed before the first one is observed. */
  readonly preparation: readonly MachineStep[];
  readonly observed: readonly ObservedStep[];
}

/** Instructions that are observed as one, and the demands on them. */
export interface ObservedStep {
  /** Difference from the other steps of the case; empty if there is only one. */
  readonly label: string;
  readonly steps: readonly MachineStep[];
  /** Guest-physical address of the page-table entry to watch; null for none. */
  readonly entry: bigint | null;
  readonly checks: readonly Check[];
}

/** An access that must end after a read of the same page as it ends alone, with A set. */
export interface RepeatedAttempt {
  readonly kind: 'repeated';
  readonly label: string;
  readonly spec: MachineSpec;
  readonly access: Access;
  /** Guest-physical address of the entry that maps the page. */
  readonly entry: bigint;
}
