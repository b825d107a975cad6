export { type Act, JUDGES, type Judge, type Lifetime, type Scene } from '../mmu/scenes/index.js';
export * from './calibrate/index.js';
export * from './coverage/index.js';
export * from './explore/index.js';
export {
  type Catch,
  commandsOf,
  type Exhibit,
  HALLS,
  type Hall,
  isAsItShouldBe,
  isInLifetime,
  lifetimeText,
  MUSEUM,
  play,
  type Shown,
  show,
} from './museum/index.js';
export { type Column, tableLines } from './plain-text.js';
export * from './race/index.js';
export * from './recording/index.js';
export {
  addReport,
  type ConformReport,
  countSkipped,
  createReport,
  type Failure,
  formFailure,
} from './report.js';
export * from './shrink/index.js';
export * from './story/index.js';
export * from './sweep/index.js';
export * from './trace/index.js';
export * from './why/index.js';
export * from './workloads/index.js';
