export { type Counterexample, runTrial, shrunk, type Trial, type TrialResult } from './run.js';
export { SOUND_POLICIES, trialsOf } from './trials.js';
