export { allowedFrames } from './blame.js';
export { contextOf } from './context.js';
export { beginCommand, followCommand, takeCommandBack } from './follow.js';
export { hear } from './hear.js';
export { isUndecidable, judgeStop, judgeUse, type Verdict, verdictOnUse } from './judge.js';
export { keepPast } from './past.js';
export { TooManyWalks } from './past-walks.js';
export { countMemories, memoriesOf } from './room.js';
export { type Standpoint, seenFrom, standpointOf } from './standpoint.js';
export {
  isWatched,
  type PastTranslation,
  pastTranslations,
  type WatchedVm,
} from './translations.js';
