export { OpenedVcpu } from './opened-vcpu.js';
export { type Making, OpenedVm } from './opened-vm.js';
export {
  BOARD,
  CORE,
  GUEST_MMU,
  isVcpuPlace,
  MEMORY,
  oraclePlace,
  partOf,
  placeOf,
  ROOT_MMU,
  SHADOW,
  TLB,
  VCPU_PARTS,
  vcpuOf,
} from './places.js';
export { settleOpened } from './settle-opened.js';
export type { PartSource } from './source.js';
