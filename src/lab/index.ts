export * from './conform/index.js';
export * from './race/index.js';
export * from './workloads/index.js';
