export { logsWrites, usesPml, watchWrites } from './dirty-log.js';
export { type FoundPage, getPage } from './get-page.js';
export { unmapGfnRange } from './host-events.js';
export { invalidateAddressBelow } from './invalidate.js';
export { childOf } from './links.js';
export {
  type FaultResult,
  fixFault,
  type GuestMapping,
  isOverWp,
  type PageFault,
} from './page-fault.js';
export { isObsolete, isUnsyncRoot, pagesOfGfn, takeFrame } from './pages.js';
export { shadowIndex, topPageOf } from './place.js';
export { relinkPages, trackActive } from './relink.js';
export {
  accessOf,
  has4ByteGpte,
  hasGptes,
  isDirect,
  isGuestMode,
  isInvalid,
  levelOf,
  paeRootRole,
  quadrantOf,
  ROLE,
} from './role.js';
export {
  accOfSpte,
  isAccessedSpte,
  isAccessTrackedSpte,
  isDirtySpte,
  isMmioSpte,
  isMmuWritableSpte,
  isPresentSpte,
  isUsableSpte,
  NO_SPTE,
  type Spte,
  spteAt,
  storeSpte,
  targetOf,
  usedSpte,
} from './spte.js';
export { type SyncTally, syncChildren } from './sync.js';
export { trackWrite, unprotectGfn } from './track-write.js';
export {
  commitZap,
  flushRemoteTlbs,
  makePagesAvailable,
  prepareZapPage,
  releasePage,
  zapAllFast,
} from './zap.js';
