export { type AppOptions, buildApp } from './app.js';
export { DEFAULT_LIMITS, type Limits } from './limits.js';
export { VERSION } from './version.js';
