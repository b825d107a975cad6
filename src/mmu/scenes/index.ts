export * from './acts.js';
export { type Exhibit, JUDGES, type Judge, type Lifetime, MUTANT } from './exhibit.js';
export * from './plots.js';
export type { Act, Answer, Scene } from './scene.js';
export * from './stages.js';
