import type { Operation } from '../host/operation.js';
import { listAllowed } from './allowed.js';
import { getCase, getExcerpt, playCase } from './cases.js';
import { getModel, listPolicies } from './catalogue.js';
import { getCertificate } from './certificate.js';
import { applyCommands, RUN_COMMAND } from './commands.js';
import { getCoverage } from './coverage.js';
import { diffMoments, diffVms } from './diff.js';
import { listEvents } from './events.js';
import { explainLookup } from './explain.js';
import { startExploration } from './explorations.js';
import { cancelJob, getJob, listJobs } from './jobs.js';
import { getLedger } from './ledger.js';
import { readMemory } from './memory.js';
import { getScene, listExhibits } from './museum.js';
import { addPriceList, deletePriceList, getPriceList, listPriceLists } from './price-lists.js';
import { getCostModel, startRace } from './races.js';
import { searchHistory } from './search.js';
import { getShadowPage, listShadowPages } from './shadow-pages.js';
import { startShrink } from './shrinks.js';
import {
  deleteSnapshot,
  getSnapshot,
  listSnapshots,
  restoreSnapshot,
  takeSnapshot,
} from './snapshots.js';
import { startSweep } from './sweeps.js';
import { forkVm, getDigest, resetVm } from './time.js';
import { getTimeline } from './timeline.js';
import { getTlb } from './tlb.js';
import { listTracedCommands, makeTracedVm } from './traced-vms.js';
import { getTraceReport, scoreTrace } from './traces.js';
import { getVcpu, listVcpus } from './vcpus.js';
import { verify } from './verify.js';
import { listViolations } from './violations.js';
import { getVmRace } from './vm-race.js';
import { createVm, deleteVm, deleteVms, getVm, listVms, relabelVm } from './vms.js';
import { waitForEvent, waitUntil } from './wait.js';
import { walkTables } from './walk.js';
import { explainEvent } from './why.js';
import { listWorkloads, MAKE_WORKLOAD } from './workloads.js';

const LIST: readonly Operation[] = [
  listPolicies,
  getModel,
  listExhibits,
  getScene,
  getCertificate,
  createVm,
  listVms,
  deleteVms,
  getVm,
  relabelVm,
  deleteVm,
  listVcpus,
  getVcpu,
  getTlb,
  walkTables,
  listShadowPages,
  getShadowPage,
  readMemory,
  applyCommands,
  ...Object.values(RUN_COMMAND),
  listEvents,
  getTimeline,
  explainEvent,
  listViolations,
  searchHistory,
  waitForEvent,
  waitUntil,
  verify,
  explainLookup,
  getCoverage,
  getLedger,
  listAllowed,
  getCostModel,
  startRace,
  startSweep,
  startExploration,
  scoreTrace,
  getTraceReport,
  makeTracedVm,
  listTracedCommands,
  startShrink,
  getVmRace,
  listPriceLists,
  getPriceList,
  addPriceList,
  deletePriceList,
  listJobs,
  getJob,
  cancelJob,
  resetVm,
  forkVm,
  getDigest,
  takeSnapshot,
  listSnapshots,
  getSnapshot,
  restoreSnapshot,
  deleteSnapshot,
  diffMoments,
  diffVms,
  getCase,
  getExcerpt,
  playCase,
  listWorkloads,
  ...MAKE_WORKLOAD.values(),
];

/** Operations by id: all of openapi.yaml except health, metrics and the stream of all VMs. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  LIST.map((operation) => [operation.id, operation]),
);
