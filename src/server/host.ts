import { Fleet } from './fleet.js';
import type { FleetLog, FleetOptions } from './fleet-options.js';
import { Jobs } from './jobs.js';
import type { Limits } from './limits.js';
import { Streams } from './streams.js';
import { Timeline } from './timeline.js';
import { Waits } from './waits.js';

export interface HostOptions {
  readonly limits: Limits;
  readonly log: FleetLog;
  /** Names this run to those who follow its VMs. */
  readonly epoch: string;
  /** For tests: the model to run instead. */
  readonly model?: FleetOptions['model'] | undefined;
  /** The time of day, in milliseconds: what jobs say when they began and ended. */
  readonly now?: () => number;
}

/** All that holds VMs and what happens to them: what is behind every operation. */
export interface Host {
  readonly fleet: Fleet;
  readonly timeline: Timeline;
  readonly waits: Waits;
  readonly streams: Streams;
  readonly jobs: Jobs;
}

/** A host without VMs. Whoever made it closes `streams`, `waits`, `jobs` and `fleet`. */
export function createHost({ limits, log, epoch, model, now = Date.now }: HostOptions): Host {
  const fleet = new Fleet({ limits, log, ...(model === undefined ? {} : { model }) });
  return {
    fleet,
    timeline: new Timeline(fleet),
    waits: new Waits(fleet),
    streams: new Streams(fleet, epoch),
    jobs: new Jobs(limits, log, now),
  };
}
