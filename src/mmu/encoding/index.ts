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
export { readOracle, writeOracle } from './oracle-block.js';
export { finished, type Pieces } from './pieces.js';
export { readEntries, readShadow, writeEntries, writeShadow } from './shadow-block.js';
export { readVcpu, writeVcpu } from './vcpu-block.js';
