import { Waits } from '../conditions/waits.js';
import { Fleet } from '../fleet/fleet.js';
import type { FleetLog, FleetOptions } from '../fleet/fleet-options.js';
import { Timeline } from '../history/timeline.js';
import { Jobs } from '../jobs/jobs.js';
import { PriceLists } from '../jobs/price-lists.js';
import { Streams } from '../streams/streams.js';
import type { Limits } from '../wire/bounds.js';

export interface HostOptions {
  readonly limits: Limits;
  readonly log: FleetLog;
  /** Names this run to the readers of its streams. */
  readonly epoch: string;
  /** Replaces the model, for tests. */
  readonly model?: FleetOptions['model'] | undefined;
  /** Returns the time of day in milliseconds, which jobs tell. */
  readonly now?: () => number;
}

/** The owners of VMs and of everything that happens to them, on which every operation works. */
export interface Host {
  readonly fleet: Fleet;
  readonly timeline: Timeline;
  readonly waits: Waits;
  readonly streams: Streams;
  readonly jobs: Jobs;
  readonly priceLists: PriceLists;
}

/** Makes a host without VMs. The caller has to close `streams`, `waits`, `jobs` and `fleet`. */
export function createHost({ limits, log, epoch, model, now = Date.now }: HostOptions): Host {
  const fleet = new Fleet({ limits, log, ...(model === undefined ? {} : { model }) });
  return {
    fleet,
    timeline: new Timeline(fleet),
    waits: new Waits(fleet),
    streams: new Streams(fleet, epoch),
    jobs: new Jobs(limits, log, now),
    priceLists: new PriceLists(limits),
  };
}
