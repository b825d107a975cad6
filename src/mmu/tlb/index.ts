export { fillTlb, lookupTlb } from './entries.js';
export {
  type CpuFlush,
  cpuFlush,
  dropAddress,
  dropFaulted,
  dropPhysical,
  flushTlbAll,
  flushTlbCurrent,
  flushTlbGuest,
  flushTlbGva,
  flushVpid,
  flushVpidAddress,
  physicalTagInUse,
  runOnRoot,
  tagInUse,
  vpid01Of,
  vpid02Of,
} from './flush.js';
