export { type AppOptions, buildApp } from './app.js';
export { TOKEN_PATTERN, type Token } from './auth.js';
export { CaseFile, caseFrom } from './case-file.js';
export { isLoopback } from './guard.js';
export {
  CASE_COMMANDS_MAX,
  DEFAULT_LIMITS,
  type Limits,
  REMOTE_REQUESTS_PER_SECOND_MAX,
} from './limits.js';
export { VERSION } from './version.js';
export { configFor, type WorkloadQuery, workloadQueryOf } from './workload-query.js';
