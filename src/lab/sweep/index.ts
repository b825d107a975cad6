export { cellSteps, cellsOf, keyOf, SweepCell, type SweepPlan, SweepRow } from './cell.js';
export { type SweepSummary, summariesOf } from './summary.js';
export { sweepCsv, sweepTable } from './text.js';
