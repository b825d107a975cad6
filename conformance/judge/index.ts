export { type ArchitectureCase, casesOf } from './case.js';
export { judgeCases } from './judge.js';
