export { allowedStateOf } from './allowed.js';
export { differencesOf } from './differences.js';
export { explainLookup, type Lookup } from './explain.js';
export { ledgerStateOf, newestDeedOf } from './ledger.js';
export { memoryStateOf } from './memory.js';
export {
  type ShadowPageFilter,
  shadowPageAt,
  shadowPageStateOf,
  shadowPagesOf,
  sptesOf,
} from './shadow.js';
export { FLAWS, flawsOf } from './shadow-flaws.js';
export { type TlbRange, tlbStateOf } from './tlb.js';
export { oracleStateOf, vcpuStateOf } from './vcpu.js';
export { currentEptpOf, eptWalkOf, guestWalkOf, isEptpUsable } from './walk.js';
