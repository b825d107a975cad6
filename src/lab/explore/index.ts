export { futuresOf, isSymmetric } from './alphabet.js';
export {
  CERTIFICATE,
  type Certificate,
  type Certified,
  certifiedNameOf,
} from './certificate.js';
export { Exploration } from './exploration.js';
export type { Counterexample, Edge, End, Explored, Progress } from './explored.js';
export { ExplorationFile } from './file.js';
export type { Limits } from './limits.js';
export type { Setting } from './machine.js';
export {
  type Bounded,
  boundedAlphabet,
  boundedMachine,
  EXTRA_NAMES,
  EXTRAS,
  type Extra,
  WITHOUT_NAMES,
  type Without,
} from './machines.js';
export { type Compared, PairExploration, type PairSetting } from './pair.js';
export { COMPARISONS, type ComparedBy } from './pair-difference.js';
export {
  beginOrRefuse,
  checkPlan,
  type ExplorationFound,
  type ExplorationPlan,
  type OpenExploration,
  openExploration,
  type StageRefused,
} from './plan.js';
export { always, PROPERTIES, SOUNDNESS } from './properties.js';
export type { Property, Watch } from './property.js';
export { ALPHABET_MAX, ExplorationRefused } from './setting-flaw.js';
export { MachineMaker, SHOWN_ALPHABET_MAX, type ShownMachine } from './shown-machine.js';
export { type SpecGraph, specEdgeOf, specGraphOf } from './spec-graph.js';
export { type SpecMachine, specCommandOf, specSetting, specStateOf } from './spec-machine.js';
