export {
  cpuFlush,
  flushTlbAll,
  flushTlbCurrent,
  flushTlbGuest,
  flushTlbGva,
  flushVpid,
  flushVpidAddress,
  vpid01Of,
  vpid02Of,
} from './flush.js';
