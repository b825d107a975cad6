export { ANY_FUTURE, type Futures } from './futures.js';
export { dropGoneRoots, settleNamedPages, settlePages } from './pages.js';
export { OracleForgot, settle, settleMemories } from './settle.js';
export { clearCounters, settleSlots, settleTlb } from './vcpu.js';
