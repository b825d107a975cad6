export {
  BadEncoding,
  type ByteReader,
  type ByteWriter,
  createByteReader,
  createByteWriter,
} from './bytes.js';
export type { ContentsSink, ContentsSource } from './contents.js';
export { readCpuid, writeCpuid } from './cpuid-block.js';
export { type Form, readForm, writeForm } from './form.js';
export { readLinks, writeLinks } from './links-block.js';
export {
  readMemslots,
  readPages,
  readVmcs12s,
  writeMemslots,
  writePages,
  writeVmcs12s,
} from './memory-block.js';
export { readMmu, writeMmu } from './mmu-part.js';
export { readOracle, writeOracle } from './oracle-block.js';
export { finished, type Pieces } from './pieces.js';
export { readEntries, readShadow, writeEntries, writeShadow } from './shadow-block.js';
export { readTlb, writeTlb } from './tlb-part.js';
export {
  readVcpu,
  readVcpuBack,
  readVcpuFront,
  type VcpuBack,
  type VcpuFront,
  writeVcpu,
  writeVcpuBack,
  writeVcpuFront,
} from './vcpu-block.js';
