/** The server without HTTP: its VMs, asked in the same process. Nothing here loads Fastify. */

export { createHost, type Host } from '../host/host.js';
export type { AnswerSchema, Operation, Parts } from '../host/operation.js';
export { listAllowed } from '../routes/allowed.js';
export { getCase, playCase } from '../routes/cases.js';
export { getModel, listPolicies } from '../routes/catalogue.js';
export { applyCommands, RUN_COMMAND } from '../routes/commands.js';
export { diffMoments, diffVms } from '../routes/diff.js';
export { listEvents } from '../routes/events.js';
export { explainLookup } from '../routes/explain.js';
export { cancelJob, getJob, listJobs } from '../routes/jobs.js';
export { getLedger } from '../routes/ledger.js';
export { readMemory } from '../routes/memory.js';
export { getScene, listExhibits } from '../routes/museum.js';
export { getCostModel, startRace } from '../routes/races.js';
export { getShadowPage, listShadowPages } from '../routes/shadow-pages.js';
export {
  deleteSnapshot,
  getSnapshot,
  listSnapshots,
  restoreSnapshot,
  takeSnapshot,
} from '../routes/snapshots.js';
export { forkVm, getDigest, resetVm } from '../routes/time.js';
export { getTlb } from '../routes/tlb.js';
export { getVcpu, listVcpus } from '../routes/vcpus.js';
export { verify } from '../routes/verify.js';
export { getVmRace } from '../routes/vm-race.js';
export { createVm, deleteVm, deleteVms, getVm, listVms, relabelVm } from '../routes/vms.js';
export { waitForEvent, waitUntil } from '../routes/wait.js';
export { walkTables } from '../routes/walk.js';
export { listWorkloads, MAKE_WORKLOAD } from '../routes/workloads.js';
export { ApiError } from '../wire/errors.js';
export { problemOf } from '../wire/problem.js';
export { ask, type Given } from './ask.js';
export { follow } from './follow.js';
