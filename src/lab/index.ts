export {
  type Act,
  type Catch,
  commandsOf,
  type Exhibit,
  isAsItShouldBe,
  JUDGES,
  type Judge,
  MUSEUM,
  play,
  type Scene,
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
export * from './workloads/index.js';
