import type { CommandStreams } from '../batches/command-streams.js';
import type { Host } from '../host/host.js';
import type { MetricsOnDemand } from '../http/metrics-on-demand.js';
import { allowedRoutes } from './allowed.js';
import { caseRoutes } from './cases.js';
import { catalogueRoutes } from './catalogue.js';
import { certificateRoutes } from './certificate.js';
import { commandRoutes } from './commands.js';
import { coverageRoutes } from './coverage.js';
import { diffRoutes } from './diff.js';
import { eventRoutes } from './events.js';
import { explainRoutes } from './explain.js';
import { explorationRoutes } from './explorations.js';
import { fileRoutes } from './files.js';
import { healthRoutes } from './health.js';
import { jobRoutes } from './jobs.js';
import { ledgerRoutes } from './ledger.js';
import { memoryRoutes } from './memory.js';
import { metricRoutes } from './metrics.js';
import { museumRoutes } from './museum.js';
import { priceListRoutes } from './price-lists.js';
import { raceRoutes } from './races.js';
import { searchRoutes } from './search.js';
import { shadowPageRoutes } from './shadow-pages.js';
import { shrinkRoutes } from './shrinks.js';
import { snapshotRoutes } from './snapshots.js';
import { sweepRoutes } from './sweeps.js';
import { timeRoutes } from './time.js';
import { timelineRoutes } from './timeline.js';
import { tlbRoutes } from './tlb.js';
import { tracedVmRoutes } from './traced-vms.js';
import { traceRoutes } from './traces.js';
import type { TypedPlugin } from './typed-plugin.js';
import { vcpuRoutes } from './vcpus.js';
import { verifyRoutes } from './verify.js';
import { violationRoutes } from './violations.js';
import { vmRaceRoutes } from './vm-race.js';
import { vmRoutes } from './vms.js';
import { waitRoutes } from './wait.js';
import { walkRoutes } from './walk.js';
import { whyRoutes } from './why.js';
import { workloadRoutes } from './workloads.js';

/** Owners of the state that routes show and change; each route takes those that it needs. */
export interface RouteOptions {
  readonly host: Host;
  readonly metrics: MetricsOnDemand;
  /** Commands that come line by line. */
  readonly streams: CommandStreams;
}

/** Every route of the server, in the order of openapi.yaml. */
export const ROUTES: readonly TypedPlugin<RouteOptions>[] = [
  healthRoutes,
  catalogueRoutes,
  museumRoutes,
  certificateRoutes,
  vmRoutes,
  vcpuRoutes,
  tlbRoutes,
  walkRoutes,
  shadowPageRoutes,
  memoryRoutes,
  commandRoutes,
  eventRoutes,
  timelineRoutes,
  whyRoutes,
  violationRoutes,
  searchRoutes,
  waitRoutes,
  verifyRoutes,
  explainRoutes,
  coverageRoutes,
  ledgerRoutes,
  allowedRoutes,
  metricRoutes,
  raceRoutes,
  sweepRoutes,
  explorationRoutes,
  traceRoutes,
  tracedVmRoutes,
  shrinkRoutes,
  priceListRoutes,
  vmRaceRoutes,
  jobRoutes,
  timeRoutes,
  snapshotRoutes,
  diffRoutes,
  caseRoutes,
  workloadRoutes,
  fileRoutes,
];
