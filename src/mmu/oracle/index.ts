export { allowedFrames } from './blame.js';
export { contextOf } from './context.js';
export { beginCommand, followCommand, stateBefore } from './follow.js';
export { judgeStop, judgeUse } from './judge.js';
export { listen } from './listen.js';
export { keepPast } from './past.js';
export {
  isWatched,
  type PastTranslation,
  pastTranslations,
  type WatchedVm,
} from './translations.js';
