export { accessMemory, linearAddress, type MemoryAccess, translate } from './access.js';
export { injectPageFault } from './page-fault.js';
