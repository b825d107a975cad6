export type { ArchitectureCase } from './case.js';
export { judgeCases } from './judge.js';
