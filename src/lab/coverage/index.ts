export {
  type OpenReach,
  openReach,
  type Reached,
  type ReachedTriple,
  type ReachPlan,
  reachPlanOf,
} from './reach.js';
export {
  type CoverageFigures,
  type CoverageRow,
  coverageFigures,
  coverageRows,
} from './report.js';
export { StateClass, stateClassOf, stateClassText } from './state-class.js';
export { type Happened, Tally, TRIPLES_MAX } from './tally.js';
export { commandClassOf, outcomeClassOf, Triple, tripleKeyOf } from './triple.js';
