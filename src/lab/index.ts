export * from './conform/index.js';
export * from './museum/index.js';
export * from './workloads/index.js';
