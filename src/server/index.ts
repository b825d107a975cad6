export { type AppOptions, buildApp } from './app.js';
export { whyOfCase } from './direct/why-of-case.js';
export { type Dropped, dropNeedless } from './durable/drop-needless.js';
export { exportJournal } from './durable/export-journal.js';
export { CannotImport, importJournal } from './durable/import-journal.js';
export { type LogVerdict, verifyLog } from './durable/verify-log.js';
export { verifyValues } from './durable/verify-values.js';
export { Turns } from './fleet/turns.js';
export { CaseFile, caseFrom } from './history/case-file.js';
export { isLoopback } from './http/guard.js';
export type { Telemetry } from './http/telemetry.js';
export {
  hashTextOf,
  makeSecret,
  type Scope,
  TOKEN_PATTERN,
  type Token,
  tokenOf,
  tokenOfHash,
} from './http/token.js';
export { shrunkCase } from './shards/shrink-shard.js';
export {
  BOUNDS,
  type Bound,
  DEFAULT_LIMITS,
  type Limits,
  REMOTE_REQUESTS_PER_SECOND_MAX,
} from './wire/bounds.js';
export { ApiError } from './wire/errors.js';
export { VERSION } from './wire/version.js';
export { configFor, type WorkloadQuery, workloadQueryOf } from './wire/workload-query.js';
