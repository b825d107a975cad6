export {
  freeRoots,
  ROOT_CURRENT,
  ROOTS_ALL,
  type RootMask,
  rootMaskOf,
  unloadMmu,
} from './free-roots.js';
export {
  configureShadowEptMmu,
  initMmu,
  initShadowEptMmu,
  initShadowNptMmu,
  resetContext,
  switchCr3,
} from './init-mmu.js';
export {
  flushGuest,
  freeGuestModeRoots,
  guestFlushUnloads,
  invalidateEpt,
  invalidatePcid,
  invalidateRoots,
  pcideEnabled,
} from './invalidate.js';
export {
  invalidateEptAddress,
  invalidateFaulted,
  invalidateLinearAddress,
  invalidatePcidAddress,
} from './invalidate-address.js';
export { loadMmu } from './load.js';
export { loadPdptrs } from './load-pdptrs.js';
export { duesOf } from './marks.js';
export { isCurrentRootKept, newPgd, reuse } from './new-pgd.js';
export { freeObsoleteRoots } from './obsolete-roots.js';
export { findRoot, holesOf, NOT_FOUND } from './root-cache.js';
export {
  guestLevelsOf,
  rootMmuRole,
  shadowEptRole,
  shadowNptRole,
  tdpLevelsOf,
} from './root-role.js';
export { syncRoots } from './sync-roots.js';
