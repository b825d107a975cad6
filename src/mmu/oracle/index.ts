export { allowedFrames } from './blame.js';
export { contextOf } from './context.js';
export { beginCommand, followCommand } from './follow.js';
export { hear } from './hear.js';
export { judgeStop, judgeUse, type Verdict, verdictOnUse } from './judge.js';
export { keepPast } from './past.js';
export { type Standpoint, seenFrom, standpointOf } from './standpoint.js';
export {
  isWatched,
  type PastTranslation,
  pastTranslations,
  type WatchedVm,
} from './translations.js';
