export { type AppOptions, buildApp } from './app.js';
export { TOKEN_PATTERN, type Token } from './auth.js';
export { isLoopback } from './guard.js';
export { DEFAULT_LIMITS, type Limits, REMOTE_REQUESTS_PER_SECOND_MAX } from './limits.js';
export { VERSION } from './version.js';
