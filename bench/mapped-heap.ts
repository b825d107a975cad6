import { createMappedVm } from './mapped-vm.js';

/**
 * Prints the bytes of a VM, buffers included, whose one vCPU has a thousand mapped pages. Must be run
 * with `--expose-gc`.
 */
const VMS = 50;

const kept = [createMappedVm()];
const before = bytesInUse();
for (let i = 0; i < VMS; i += 1) kept.push(createMappedVm());
process.stdout.write(`${(bytesInUse() - before) / VMS}\n`);
if (kept.length !== VMS + 1) throw new Error('Cannot measure the heap: the VMs are gone');

function bytesInUse(): number {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('Cannot measure the heap: run with --expose-gc');
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
