import { createMappedVm } from './mapped-vm.js';

/**
 * Prints how many bytes a VM takes whose one vCPU has a thousand mapped pages, buffers included.
 * To be run with `--expose-gc`.
 */
const VMS = 50;

const kept = [createMappedVm()];
const before = bytesInUse();
for (let i = 0; i < VMS; i += 1) kept.push(createMappedVm());
process.stdout.write(`${(bytesInUse() - before) / VMS}\n`);
if (kept.length !== VMS + 1) throw new Error('Cannot measure what is not kept');

function bytesInUse(): number {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('Cannot measure the heap: run with --expose-gc');
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
