export { BadEncoding, createByteReader, createByteWriter } from './bytes.js';
export { readMemory, readVmcs12s, writeMemory, writeVmcs12s } from './memory-block.js';
export { readOracle, writeOracle } from './oracle-block.js';
export { readShadow, writeShadow } from './shadow-block.js';
export { readVcpu, writeVcpu } from './vcpu-block.js';
