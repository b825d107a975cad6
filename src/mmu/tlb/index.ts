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
  flushTlbGvas,
  flushVpid,
  flushVpidAddress,
  runOnRoot,
} from './flush.js';
export { physicalTagInUse, tagInUse, vpid01Of, vpid02Of } from './tags.js';
