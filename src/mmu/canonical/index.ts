export { ANY_FUTURE, type Futures } from './futures.js';
export { dropGoneRoots, settleNamedPages, settlePages } from './pages.js';
export { OracleForgot, settle, settleMemories } from './settle.js';
export {
  renameCore,
  renamedCr3,
  renamedEntry,
  renamedPages,
  renameOracle,
  renameTlb,
  type Swap,
} from './swap.js';
export { renameShadow } from './swap-shadow.js';
export { clearCounters, settleSlots, settleTlb } from './vcpu.js';
