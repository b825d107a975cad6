import type { FleetLog } from '../fleet/fleet-options.js';
import type { Limits } from '../wire/bounds.js';
import type { IdMaker } from '../wire/ids.js';
import type { JobStore } from './job-store.js';

export interface JobsOptions {
  readonly limits: Limits;
  readonly log: FleetLog;
  readonly ids: IdMaker;
  /** Returns the time of day in milliseconds. */
  readonly now: () => number;
  readonly store?: JobStore;
}
