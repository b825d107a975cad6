import type { z } from 'zod';
import type { VmConfigInput } from '../../mmu/schema/index.js';
import type { Origin, Poison } from '../fleet/fleet-vm.js';
import type { FoundViolations } from '../fleet/found-violations.js';
import type { VmSummary } from '../fleet/vm-body.js';
import type { Lanes } from '../fleet/vm-lanes.js';
import type { Labels } from '../wire/labels.js';
import type { WrittenRequests } from './bodies.js';

/** A VM as it was made: the first record of its log. Behind it stands the state of a fork. */
export interface MadeFacts {
  readonly number: number;
  readonly config: VmConfigInput;
  readonly labels: Labels;
  readonly lanes: Lanes | null;
  readonly origin: Origin | null;
}

/** Commands that a VM ran. Behind them stand the commands, packed. */
export interface RanFacts {
  /** `seq` of the first of their records. */
  readonly first: number;
  /** Number of shapes that are known before; the new ones follow. */
  readonly known?: number;
  readonly shapes?: readonly (readonly string[])[];
}

/** A VM was taken back. Behind it stands the state, unless it is the first one. */
export interface RewoundFacts {
  readonly snapshot: string | null;
  readonly to: number | null;
  readonly made: WrittenRequests;
}

/** A VM as a whole. Behind it stand the lengths, its state and its ledger. */
export interface CheckpointFacts extends MadeFacts {
  readonly rules: number;
  readonly seq: number;
  readonly revision: number;
  readonly poison: Poison | null;
  readonly made: WrittenRequests;
  readonly violations: ReturnType<FoundViolations['written']>;
  readonly shapes: readonly (readonly string[])[];
  readonly stateBytes: number;
}

/** The note that a list shows of a VM. */
export type NoteFacts = {
  readonly number: number;
  readonly revision: number;
  readonly labels: Labels;
  readonly summary: z.output<typeof VmSummary>;
  /** Time of day when it was written, in milliseconds; older notes have none. */
  readonly at?: number;
  /** The same by the clock of the journal, which only runs while a server does. */
  readonly lived?: number;
};

export interface FailedFacts {
  readonly poison: Poison;
}

export interface RelabelledFacts {
  readonly labels: Labels;
}

/** A snapshot of a VM. Behind it stands its state. */
export interface SnapshotFacts {
  readonly name: string;
  /** Rises from one snapshot of the VM to the next. */
  readonly order: number;
  readonly seq: number;
  readonly made: WrittenRequests;
}

/** A snapshot was taken or deleted. Where several servers share the log, behind it stands the state. */
export type NamedFacts =
  | ({ readonly taken: string } & Partial<SnapshotFacts>)
  | { readonly deleted: string };
