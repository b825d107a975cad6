export { allowedFrames } from './blame.js';
export { contextOf } from './context.js';
export { beginCommand, followCommand } from './follow.js';
export { hear } from './hear.js';
export { judgeStop, judgeUse } from './judge.js';
export { keepPast } from './past.js';
export {
  isWatched,
  type PastTranslation,
  pastTranslations,
  type WatchedVm,
} from './translations.js';
