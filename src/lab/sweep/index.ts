export {
  cellSteps,
  cellsOf,
  keyOf,
  openCell,
  SweepCell,
  type SweepPlan,
  SweepRow,
} from './cell.js';
export { curvesOf, type SweepCurve } from './curves.js';
export { SweepResult, sweepResultOf } from './result.js';
export { type SweepSummary, summariesOf } from './summary.js';
export { sweepCsv, sweepTable } from './text.js';
