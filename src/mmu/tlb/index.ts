export {
  cpuFlush,
  flushTlbAll,
  flushTlbCurrent,
  flushTlbGuest,
  flushTlbGva,
  flushVpid,
  flushVpidAddress,
  runOnRoot,
  vpid02Of,
} from './flush.js';
