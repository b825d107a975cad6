export { allowedFrames } from './blame.js';
export { beginCommand, followCommand, takeCommandBack } from './follow.js';
export { hear } from './hear.js';
export { isUndecidable, judgeStop, judgeUse } from './judge.js';
export { keepPast, noteWalked } from './past.js';
export { TooManyWalks } from './past-walks.js';
export { countMemories, memoriesOf } from './room.js';
export { type PastTranslation, pastTranslations } from './translations.js';
export { isWatched, vtlbOf, type WatchedVm } from './watched-vm.js';
