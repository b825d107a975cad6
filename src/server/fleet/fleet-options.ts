import type { DefectName, step } from '../../mmu/index.js';
import type { Limits } from '../wire/bounds.js';
import type { IdMaker } from '../wire/ids.js';
import type { Keeper } from './keeper.js';
import type { Turns } from './turns.js';

export interface FleetOptions {
  readonly limits: Limits;
  readonly log: FleetLog;
  readonly ids: IdMaker;
  /** Divides long work, where a test needs another clock. */
  readonly turns?: Turns | undefined;
  /** Keeps VMs beyond the process; null where nothing does. */
  readonly keeper?: Keeper | null;
  /** Number of VMs that earlier processes made. */
  readonly vmsMade?: number;
  /** A mistake that every new VM has beside its own; null for none. */
  readonly defect?: DefectName | null;
  /** Replaces the model, so that a test can make it fail, or watch it. */
  readonly model?: { readonly step: typeof step };
}

/** Log for the operator, who learns more of a failure than the caller. */
export interface FleetLog {
  error(details: object, message: string): void;
  info(details: object, message: string): void;
}
