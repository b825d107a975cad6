import type { step } from '../../mmu/index.js';
import type { Limits } from '../wire/limits.js';

export interface FleetOptions {
  readonly limits: Limits;
  readonly log: FleetLog;
  /** The model. An argument, so that a test can make it fail. */
  readonly model?: { readonly step: typeof step };
}

/** Where the fleet tells whoever runs it what no caller is told. */
export interface FleetLog {
  error(details: object, message: string): void;
  info(details: object, message: string): void;
}
