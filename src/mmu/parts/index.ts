export type { Making } from './making.js';
export { OpenedVm } from './opened-vm.js';
export {
  BOARD,
  CORE,
  GUEST_MMU,
  MEMORY,
  oraclePlace,
  placeOf,
  ROOT_MMU,
  SHADOW,
  TLB,
} from './places.js';
export { settleOpened } from './settle-opened.js';
export type { PartSource } from './source.js';
