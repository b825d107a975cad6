import type { step } from '../../mmu/index.js';
import type { Limits } from '../wire/bounds.js';

export interface FleetOptions {
  readonly limits: Limits;
  readonly log: FleetLog;
  /** Replaces the model, so that a test can make it fail. */
  readonly model?: { readonly step: typeof step };
}

/** Log for the operator, who learns more of a failure than the caller. */
export interface FleetLog {
  error(details: object, message: string): void;
  info(details: object, message: string): void;
}
