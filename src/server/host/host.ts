import { Waits } from '../conditions/waits.js';
import type { OpenedKeeper } from '../durable/open-keeper.js';
import type { VmKeeper } from '../durable/vm-keeper.js';
import { Fleet } from '../fleet/fleet.js';
import type { FleetLog, FleetOptions } from '../fleet/fleet-options.js';
import type { Turns } from '../fleet/turns.js';
import { ExercisedVms } from '../history/exercised.js';
import { Moments } from '../history/moments.js';
import { Timeline } from '../history/timeline.js';
import { Coverages } from '../jobs/coverages.js';
import { JobStore } from '../jobs/job-store.js';
import { Jobs } from '../jobs/jobs.js';
import { PriceLists } from '../jobs/price-lists.js';
import { TraceStore } from '../jobs/trace-store.js';
import type { ShardRunner } from '../shards/shard-runner.js';
import { Streams } from '../streams/streams.js';
import type { Limits } from '../wire/bounds.js';
import { type IdMaker, idsOf } from '../wire/ids.js';
import type { Zstd } from '../wire/unpack.js';

export interface HostOptions {
  readonly limits: Limits;
  readonly log: FleetLog;
  /** Names this run: in streams, in entity tags and, by default, in ids. */
  readonly epoch: string;
  /** Makes the ids, where a test needs other ones. */
  readonly ids?: IdMaker | undefined;
  /** Divides long work, where a test needs another clock. */
  readonly turns?: Turns | undefined;
  /** Replaces the model, or watches it. */
  readonly model?: FleetOptions['model'] | undefined;
  /** A mistake that every new VM has beside its own. */
  readonly defect?: FleetOptions['defect'];
  /** Unpacks zstd, where that is there. */
  readonly zstd?: Zstd | undefined;
  /** The keeper of VMs, and the state that an earlier process left; by default nothing is kept. */
  readonly kept?: OpenedKeeper | null;
  /** Runs shards of jobs elsewhere; without it they run between requests. */
  readonly shards?: ShardRunner | undefined;
  /** Returns the time of day in milliseconds, which jobs tell. */
  readonly now?: () => number;
}

/** The owners of VMs and of everything that happens to them, on which every operation works. */
export interface Host {
  readonly epoch: string;
  readonly fleet: Fleet;
  readonly timeline: Timeline;
  readonly moments: Moments;
  readonly waits: Waits;
  readonly streams: Streams;
  readonly jobs: Jobs;
  readonly coverages: Coverages;
  readonly priceLists: PriceLists;
  readonly traces: TraceStore;
  /** Null where nothing outlives the process. */
  readonly keeper: VmKeeper | null;
  readonly shards: ShardRunner | null;
}

/** Makes a host without VMs. The caller has to close `streams`, `waits`, `jobs` and `fleet`. */
export function createHost(options: HostOptions): Host {
  const { limits, log, turns, model, kept = null, zstd = null } = options;
  const { shards = null, now = Date.now, defect = null } = options;
  const epoch = kept?.epoch ?? options.epoch;
  const keeper = kept?.keeper ?? null;
  // Servers that share a journal each give ids of their own.
  const { ids = idsOf(kept?.idEpoch ?? epoch) } = options;
  const from = { keeper, vmsMade: kept?.vmsMade ?? 0, defect };
  const fleet = new Fleet({ limits, log, ids, turns, ...from, ...(model && { model }) });
  const timeline = new Timeline(fleet);
  const streams = new Streams(fleet, epoch, { lives: kept?.lives });
  fleet.sleeping.adopt(kept?.sleepers ?? []);
  const jobs = new Jobs({ limits, log, ids, now, store: new JobStore(kept?.jobs) });
  const exercised = new ExercisedVms(fleet, timeline);
  return {
    epoch,
    fleet,
    keeper,
    timeline,
    moments: new Moments(fleet, timeline),
    waits: new Waits(fleet),
    streams,
    jobs,
    coverages: new Coverages({ jobs, exercised, shards }),
    priceLists: new PriceLists(limits, kept?.priceLists),
    traces: new TraceStore(limits, fleet.turns, zstd),
    shards,
  };
}
