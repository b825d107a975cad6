import { Waits } from '../conditions/waits.js';
import { Fleet } from '../fleet/fleet.js';
import type { FleetLog, FleetOptions } from '../fleet/fleet-options.js';
import { Timeline } from '../history/timeline.js';
import { Jobs } from '../jobs/jobs.js';
import { Streams } from '../streams/streams.js';
import type { Limits } from '../wire/limits.js';

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
