export { GUEST_NAMES, type GuestName } from './guests/index.js';
export { type Counterexample, runTrial, type TrialResult } from './run.js';
export type { Trial } from './trial.js';
export { ROUND, SOUND_POLICIES, trialsOf } from './trials.js';
